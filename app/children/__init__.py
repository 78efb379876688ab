"""Children: households and the profile of each child in them.

Takes   what a broker or the family's app says of a child, and its goals and consents.
Gives   Child rows with interests, needs, availability and friends; goals with their steps.
Calls   access, outbox.   Called by   engine, bookings, wishes, matches.
"""
