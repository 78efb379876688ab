"""Outbox: what happened, written in the transaction in which it happened.

Takes   a type and ids from any room above.
Gives   Event rows, one a change, numbered per object.
Calls   nothing.   Called by   every room that writes.
"""
