"""Gaps: what children want and cannot get, and what stands nearest in the way.

`wants` says what a child wants, `facts` finds for each want whether it is met and by what it is
missed, `counts` adds facts up, `need_groups` says which needs belong together.
"""
