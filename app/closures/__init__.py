"""Closures: sessions that will not take place, and where the children can go instead.

Takes   a provider, an activity or a session that ends; every session that anybody cancels.
Gives   ended bookings, and a transition plan of alternatives for each of them.
Calls   bookings, engine, children, catalogue.   Called by   nobody.
"""
