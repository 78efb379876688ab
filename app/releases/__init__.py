"""Releases: what commissioners may know of unmet interests, drawn once a quarter and kept.

Takes   the unmet wants of a quarter; an operator's size class and a broker's localities.
Gives   one immutable table of noised counts a quarter, and the ledger of what it cost.
Calls   gaps, access.   Called by   commissioning.
"""
