"""Releases: what commissioners may know of unmet interests, drawn once a quarter and kept.

Takes   the unmet wants of a quarter; an operator's size class and a broker's localities.
Gives   one immutable table of noised counts a quarter, the ledger of what it cost, and what a
        broker answers to it in public: you said, we did.
Calls   gaps, access.   Called by   commissioning, reports.
"""
