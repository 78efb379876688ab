"""Authorities: the tenants, their entitlement policies and support services.

Takes   an operator's new tenant; a broker's policies and support services.
Gives   what a child is entitled to in a month, and what the authority can arrange.
Calls   access.   Called by   engine, bookings.
"""
