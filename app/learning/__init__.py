"""Learning: what attendance and feedback say of how matches are weighed.

Takes   past bookings: how well each fitted when it was booked, who came, who liked it.
Gives   weights for the engine where they are better than the default, each with its card.
Calls   engine, bookings, catalogue.   Called by   nobody.
"""
