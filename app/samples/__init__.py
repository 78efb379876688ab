"""Samples: invented families and open listings, for a first look and for load.

Takes   a seed, a day and the packaged listings in `data`.
Gives   whole authorities: catalogue, support services, families, and the worked example.
Calls   every room, through its service.   Called by   the command line.
"""
