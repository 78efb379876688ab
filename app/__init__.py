"""Short Breaks: the service that matches disabled children to activities."""
