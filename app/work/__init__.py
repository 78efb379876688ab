"""Work: jobs that go on after their request, each done once whatever is killed on the way.

Takes   what a room above has to do, as a kind of job with its own table of results.
Gives   how far each job is, to whoever started it; a way to stop it; its one end.
Calls   access, engine.   Called by   allocations, commissioning.
"""
