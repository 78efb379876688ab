"""Bookings: places taken, within the entitlement of the month.

Takes   a child, a session and a funding, with an Idempotency-Key.
Gives   Booking rows, the counters behind them, the support still to be arranged, and afterwards who
        came and what was said of it.
Calls   engine, wishes, catalogue, children, authorities.
Called by   matches, learning, outcomes, passports.
"""
