"""Rounds: the quarter's brochure, and what families choose from it.

Takes   a quarter with its dates; the catalogue as it is published; ranked choices of families.
Gives   frozen brochures in every form, choices for the allocation, what a quarter does not cover.
Calls   bookings, engine, children, catalogue.   Called by   nobody.
"""
