"""Engine: the bridge from rows to arrays and back, and a warm catalogue per authority.

Takes   catalogue rows, children, and what the bookings room says is held and taken.
Gives   matches, fits and recognised concepts.  The only room that imports matching.
Calls   authorities, catalogue, children.   Called by   bookings, matches, learning.
"""
