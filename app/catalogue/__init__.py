"""Catalogue: who runs what, when, for whom, and which needs it meets.

Takes   brokers' edits and records from feeds.
Gives   Provider, Activity, Session and Offer rows, and a version that moves with them.
Calls   access, outbox.   Called by   engine, bookings, matches.
"""
