"""Reports: what a quarter's release says, for people to read.

Takes   a quarter's release, those before it, and what was published as said and done.
Gives   one report a quarter, as data, an accessible page and a tagged PDF.
Calls   releases, authorities.   Called by   nobody.
"""
