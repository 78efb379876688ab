"""Gaps: what children want and cannot get, month by month, with what stands in the way.

Takes   children, what they have booked and wish for, and the sessions of a month.
Gives   stored facts with the dimensions they are sliced by, frozen as they were judged.
Calls   engine, bookings, children, authorities.   Called by   the worker, releases, commissioning.
"""
