"""Bookings: places taken, within the entitlement of the month.

Takes   a child, a session and a funding, with an Idempotency-Key.
Gives   Booking rows, the counters behind them, and the support still to be arranged.
Calls   engine, catalogue, children, authorities.   Called by   matches.
"""
