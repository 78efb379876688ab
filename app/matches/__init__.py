"""Matches: sessions for a child, ranked and explained.

Takes   a child, and a month or a span of days.
Gives   matches with reasons, funding and the support to arrange; one pair in full.
Calls   engine, bookings, children.   Called by   nobody.
"""
