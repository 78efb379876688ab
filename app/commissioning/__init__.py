"""Commissioning: what if, what to buy next, and who is under-served.

Takes   children and sessions of a month as they stand; of a quarter, only what was released.
Gives   scenarios, plans with their proven gap, and equity: exact for brokers, else protected.
Calls   engine, gaps, releases, allocations, bookings, children.   Called by   nobody.
"""
