"""Wishes: what children want and nothing serves yet, and what was done about it.

Takes   a wish in the child's, the family's or a broker's words, and what is done for it.
Gives   Wish rows, met once the child went, and what was done for them.
Calls   children, catalogue.   Called by   bookings, when a child came.
"""
