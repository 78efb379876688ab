"""Allocation: everybody's choices at once, scarce places given out as well as can be, with proof.

    problem = AllocationProblem(child_ids, band, session_ids, capacity, pairs...)
    allocation = allocate(problem)                  # best level by level; allocation.gap is None
    check_allocation(problem, allocation)           # judged by other code
    explain_allocation(problem, allocation)         # why a choice was not met
    repair(problem, allocation.pair_of_child, [7])  # child 7 declines: who is next

`problem` and `result` say what goes in and comes out; `lottery` draws; `network` puts both in
drawn order, `kernel` finds best flows, `prices` the prices that prove them, `lexicographic` goes
from level to level; `together`, `bundles` and `programme` are for siblings and minimum sizes;
`second_round`, `repairing`, `reasons`, `comparisons` what follows. `checking` shares no code
with any of them. The objective and its theorem are in `matching/README.md`.
"""
