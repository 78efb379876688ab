"""Children: households and the profile of each child in them.

Takes   what a broker or the family's app says of a child, and its consents.
Gives   Child rows with interests, needs, availability and friends.
Calls   access, outbox.   Called by   engine, bookings, wishes, matches.
"""
