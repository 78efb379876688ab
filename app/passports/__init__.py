"""Passports: what supports a child, kept encrypted, and told to a provider for a booking.

Takes   a passport from the family or a broker, version after version.
Gives   the passport, the one-line flag for the telephone, and a session's briefing.
Calls   bookings, catalogue, children.   Called by   nothing.
"""
