"""Allocations: everybody's choices of a round at once, as offers of places with their reasons.

Takes   a round's choices; children's needs, waiting times and places; the sessions' free places.
Gives   the best allocation with its proof, why, an equity report, and offers of places.
Calls   rounds, bookings, engine, children, catalogue.   Called by   nobody.
"""
