"""Access: who may call, for whom, and what was looked at.

Takes   credentials, one-time family codes, refresh tokens.
Gives   a Caller for each request, bound to its tenant, and audit entries.
Calls   nothing.   Called by   every room.
"""
