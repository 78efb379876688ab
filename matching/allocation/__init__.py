"""Allocation: everybody's choices at once, scarce places given out fairly, with proof."""
