"""Wishes: interests that nothing in the catalogue serves yet.

Takes   a wish in the child's, the family's or a broker's words.
Gives   Wish rows.
Calls   children.   Called by   nobody yet.
"""
