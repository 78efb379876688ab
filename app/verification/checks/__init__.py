"""The rules of the stored data: one statement each, which sees one instant of the database.

Each statement selects the rows that it examines as `facts` (ids and counts, never a child's
data) and `broken`. It runs with a tenant bound, so row-level security narrows it to one
authority; it may run while the service is at work, because no change is ever half visible.
"""

from typing import Final

from app.verification.checks.check import ACTIVE, Check
from app.verification.checks.closures import CANCELLED_SESSIONS, PLANS
from app.verification.checks.commissioning import COMMISSIONING_PLANS, PLAN_CHILDREN, SCENARIOS
from app.verification.checks.database import GUARDS, SERVING_ROLE, TENANCY
from app.verification.checks.entitlement import (
    AGES,
    ENTITLEMENT,
    MONTH,
    OVERRIDES,
    USES_ENTITLEMENT,
    YEAR,
    YEARS,
)
from app.verification.checks.gaps import GAP_FACTS, GAP_MET
from app.verification.checks.life_cycle import (
    ARRANGED,
    ATTENDANCE,
    CANCELLED,
    EVENTS,
    FEEDBACK,
    HISTORY,
    IDEMPOTENCY,
    LOST_BOOKINGS,
    OLD_HOLDS,
    PARTIES,
)
from app.verification.checks.outcomes import PROGRESS, PROGRESSIONS
from app.verification.checks.passports import PASSPORTS
from app.verification.checks.places import (
    ONE_BOOKING,
    OVERLAP,
    PLACES,
    SERVICE_WEEKS,
    SESSION_SUPPORT,
)
from app.verification.checks.releases import RELEASE_BUDGETS, RELEASES, STATEMENTS
from app.verification.checks.rounds import (
    ALLOCATED_PLACES,
    ALLOCATED_SESSIONS,
    BROCHURES,
    CHOICES,
    JOBS,
    OLD_JOBS,
    ROUND_ENTITLEMENT,
    ROUND_OFFERS,
    ROUNDS,
)
from app.verification.checks.waiting import (
    KEPT_PLACES,
    OFFERS,
    OLD_OFFERS,
    PASSED_OVER,
    WAITING,
)
from app.verification.checks.wishes import MET_WISHES, WISH_EVENTS

# In the order in which they are reported.
OF_AN_AUTHORITY: Final = (
    PLACES,
    ENTITLEMENT,
    YEAR,
    USES_ENTITLEMENT,
    MONTH,
    YEARS,
    OVERRIDES,
    ONE_BOOKING,
    OVERLAP,
    PARTIES,
    SESSION_SUPPORT,
    SERVICE_WEEKS,
    OFFERS,
    WAITING,
    PASSED_OVER,
    CANCELLED,
    ARRANGED,
    ATTENDANCE,
    FEEDBACK,
    PROGRESS,
    PROGRESSIONS,
    EVENTS,
    HISTORY,
    LOST_BOOKINGS,
    IDEMPOTENCY,
    OLD_HOLDS,
    OLD_OFFERS,
    KEPT_PLACES,
    AGES,
    PASSPORTS,
    CANCELLED_SESSIONS,
    PLANS,
    ROUNDS,
    BROCHURES,
    CHOICES,
    ALLOCATED_PLACES,
    ALLOCATED_SESSIONS,
    ROUND_OFFERS,
    ROUND_ENTITLEMENT,
    JOBS,
    OLD_JOBS,
    MET_WISHES,
    WISH_EVENTS,
    GAP_FACTS,
    GAP_MET,
    RELEASES,
    RELEASE_BUDGETS,
    STATEMENTS,
    SCENARIOS,
    COMMISSIONING_PLANS,
    PLAN_CHILDREN,
)

# Run once, with no tenant bound.
OF_THE_DATABASE: Final = (TENANCY, SERVING_ROLE, GUARDS)

__all__ = ["ACTIVE", "OF_AN_AUTHORITY", "OF_THE_DATABASE", "Check"]
