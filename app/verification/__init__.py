"""Verification: whether the stored data keeps every promise, judged by SQL of its own.

Takes   a database, one authority after the other, each bound as a request would bind it.
Gives   what was examined, and a finding for each row that breaks a rule.
Calls   none of the code whose work it judges.   Called by   the command line.
"""
