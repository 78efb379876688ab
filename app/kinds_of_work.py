"""Every kind of job, by the name that `GET /v1/jobs/{id}` tells."""

from typing import Final

from app.allocations.working import ALLOCATION
from app.commissioning.working import COMMISSIONING_PLAN
from app.work.kinds import Kinds

KINDS: Final[Kinds] = {"allocation": ALLOCATION, "commissioning_plan": COMMISSIONING_PLAN}
