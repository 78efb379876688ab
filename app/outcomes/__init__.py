"""Outcomes: what children have gained, and the parts they play in clubs.

Takes   a progression from recipient to member to mentor.
Gives   Progression rows; counts of what was said of sessions, by voice and month.
Calls   bookings, children, catalogue.   Called by   nobody yet.
"""
