"""Who may what: every scope of the API, and the kinds of client that may have it."""

from enum import StrEnum


class ClientKind(StrEnum):
    """The kinds of callers."""

    BROKER = "broker"
    FAMILY_APP = "family_app"
    PROVIDER = "provider"
    COMMISSIONER = "commissioner"
    OPERATOR = "operator"


class Scope(StrEnum):
    """One permission; a route names exactly one."""

    AUTHORITIES_CREATE = "authorities:create"
    AUTHORITY_READ = "authority:read"
    AUTHORITY_WRITE = "authority:write"
    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    HOUSEHOLDS_WRITE = "households:write"
    CHILDREN_READ = "children:read"
    CHILDREN_WRITE = "children:write"
    MATCHES_READ = "matches:read"
    CANDIDATES_READ = "candidates:read"
    BOOKINGS_READ = "bookings:read"
    BOOKINGS_WRITE = "bookings:write"
    ARRANGEMENTS_READ = "arrangements:read"
    ARRANGEMENTS_WRITE = "arrangements:write"
    ATTENDANCE_WRITE = "attendance:write"
    FEEDBACK_READ = "feedback:read"
    FEEDBACK_WRITE = "feedback:write"
    OUTCOMES_READ = "outcomes:read"
    OUTCOMES_WRITE = "outcomes:write"
    PASSPORTS_READ = "passports:read"
    PASSPORTS_WRITE = "passports:write"
    FLAGS_READ = "flags:read"
    BRIEFING_READ = "briefing:read"
    WAITLIST_READ = "waitlist:read"
    OVERRIDES_READ = "overrides:read"
    OVERRIDES_WRITE = "overrides:write"
    CLOSURES_READ = "closures:read"
    CLOSURES_WRITE = "closures:write"
    WISHES_READ = "wishes:read"
    WISHES_WRITE = "wishes:write"
    WISH_GROUPS_READ = "wish-groups:read"
    WISH_ACTIONS_WRITE = "wish-actions:write"
    STATEMENTS_READ = "statements:read"
    STATEMENTS_WRITE = "statements:write"
    ROUNDS_READ = "rounds:read"
    ROUNDS_WRITE = "rounds:write"
    COVERAGE_READ = "coverage:read"
    CHOICES_READ = "choices:read"
    CHOICES_WRITE = "choices:write"
    ALLOCATIONS_READ = "allocations:read"
    ALLOCATIONS_WRITE = "allocations:write"
    ALLOCATION_REASONS_READ = "allocation-reasons:read"
    AUTHORITIES_WRITE = "authorities:write"
    GAPS_READ = "gaps:read"
    GAP_MONTHS_READ = "gap-months:read"
    GAP_MONTHS_WRITE = "gap-months:write"
    GAP_QUALITY_READ = "gap-quality:read"
    GAP_RELEASES_READ = "gap-releases:read"
    GAP_RELEASES_WRITE = "gap-releases:write"
    COMMISSIONING_READ = "commissioning:read"
    COMMISSIONING_WRITE = "commissioning:write"
    COMMISSIONED_CHILDREN_READ = "commissioned-children:read"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"


DESCRIPTIONS: dict[Scope, str] = {
    Scope.AUTHORITIES_CREATE: "Set up a new authority",
    Scope.AUTHORITY_READ: "Read the own authority and its policies",
    Scope.AUTHORITY_WRITE: "Change the own authority and its policies",
    Scope.CATALOGUE_READ: "Read providers, activities and sessions",
    Scope.CATALOGUE_WRITE: "Change and import the catalogue",
    Scope.HOUSEHOLDS_WRITE: "Create households and invite family apps",
    Scope.CHILDREN_READ: "Read children's profiles",
    Scope.CHILDREN_WRITE: "Change children's profiles",
    Scope.MATCHES_READ: "Read a child's matches and entitlement",
    Scope.CANDIDATES_READ: "Read which children a session would suit",
    Scope.BOOKINGS_READ: "Read bookings",
    Scope.BOOKINGS_WRITE: "Book and cancel",
    Scope.ARRANGEMENTS_READ: "Read what support has to be arranged",
    Scope.ARRANGEMENTS_WRITE: "Arrange support",
    Scope.ATTENDANCE_WRITE: "Record who came",
    Scope.FEEDBACK_READ: "Read what was said of sessions",
    Scope.FEEDBACK_WRITE: "Say what a session was like",
    Scope.OUTCOMES_READ: "Read what a child has gained",
    Scope.OUTCOMES_WRITE: "Record a child's part in a club",
    Scope.PASSPORTS_READ: "Read children's passports",
    Scope.PASSPORTS_WRITE: "Write children's passports",
    Scope.FLAGS_READ: "Read what to know before ringing a family up",
    Scope.BRIEFING_READ: "Read who comes to a session and what each needs",
    Scope.WAITLIST_READ: "Read who waits for a session",
    Scope.OVERRIDES_READ: "Read what single children are allowed instead of the policy",
    Scope.OVERRIDES_WRITE: "Allow a child more or less than the policy",
    Scope.CLOSURES_READ: "Read which sessions closed and what their families are offered",
    Scope.CLOSURES_WRITE: "Close a provider, an activity or a session",
    Scope.WISHES_READ: "Read wishes",
    Scope.WISHES_WRITE: "Record wishes",
    Scope.WISH_GROUPS_READ: "Read how many children wish for the same",
    Scope.WISH_ACTIONS_WRITE: "Record what is done for wishes",
    Scope.STATEMENTS_READ: "Read what may be said in public of wishes",
    Scope.STATEMENTS_WRITE: "Say in public what was done about wishes",
    Scope.ROUNDS_READ: "Read rounds and their brochures",
    Scope.ROUNDS_WRITE: "Plan and publish rounds",
    Scope.COVERAGE_READ: "Read what a quarter does not cover",
    Scope.CHOICES_READ: "Read what was chosen in a round",
    Scope.CHOICES_WRITE: "Choose in a round",
    Scope.ALLOCATIONS_READ: "Read how a round's places are given out",
    Scope.ALLOCATIONS_WRITE: "Give a round's places out",
    Scope.ALLOCATION_REASONS_READ: "Read what a child was given in a round, and why",
    Scope.AUTHORITIES_WRITE: "Say how large an authority is",
    Scope.GAPS_READ: "Read what children want and cannot get",
    Scope.GAP_MONTHS_READ: "Read how new the facts of gaps are",
    Scope.GAP_MONTHS_WRITE: "Have gaps judged now",
    Scope.GAP_QUALITY_READ: "Read what profiles and activities lack",
    Scope.GAP_RELEASES_READ: "Read releases of unmet interests",
    Scope.GAP_RELEASES_WRITE: "Draw releases of unmet interests",
    Scope.COMMISSIONING_READ: "Read scenarios, commissioning plans and who is under-served",
    Scope.COMMISSIONING_WRITE: "Ask for scenarios and commissioning plans",
    Scope.COMMISSIONED_CHILDREN_READ: "Read which children a scenario or a plan is about",
    Scope.JOBS_READ: "Follow the jobs that it has started",
    Scope.JOBS_WRITE: "Stop the jobs that it has started",
}

FAMILY_SCOPES = frozenset(
    {
        Scope.CATALOGUE_READ,
        Scope.CHILDREN_READ,
        Scope.CHILDREN_WRITE,
        Scope.MATCHES_READ,
        Scope.BOOKINGS_READ,
        Scope.BOOKINGS_WRITE,
        Scope.FEEDBACK_READ,
        Scope.FEEDBACK_WRITE,
        Scope.OUTCOMES_READ,
        Scope.OUTCOMES_WRITE,
        Scope.PASSPORTS_READ,
        Scope.PASSPORTS_WRITE,
        Scope.WISHES_READ,
        Scope.WISHES_WRITE,
        Scope.ROUNDS_READ,
        Scope.CHOICES_READ,
        Scope.CHOICES_WRITE,
        Scope.ALLOCATION_REASONS_READ,
    }
)

SCOPES_OF_KIND: dict[ClientKind, frozenset[Scope]] = {
    ClientKind.BROKER: FAMILY_SCOPES
    | {
        Scope.AUTHORITY_READ,
        Scope.AUTHORITY_WRITE,
        Scope.CATALOGUE_WRITE,
        Scope.HOUSEHOLDS_WRITE,
        Scope.CANDIDATES_READ,
        Scope.ARRANGEMENTS_READ,
        Scope.ARRANGEMENTS_WRITE,
        Scope.ATTENDANCE_WRITE,
        Scope.FLAGS_READ,
        Scope.BRIEFING_READ,
        Scope.WAITLIST_READ,
        Scope.OVERRIDES_READ,
        Scope.OVERRIDES_WRITE,
        Scope.CLOSURES_READ,
        Scope.CLOSURES_WRITE,
        Scope.WISH_GROUPS_READ,
        Scope.WISH_ACTIONS_WRITE,
        Scope.STATEMENTS_READ,
        Scope.STATEMENTS_WRITE,
        Scope.ROUNDS_WRITE,
        Scope.COVERAGE_READ,
        Scope.ALLOCATIONS_READ,
        Scope.ALLOCATIONS_WRITE,
        Scope.GAPS_READ,
        Scope.GAP_MONTHS_READ,
        Scope.GAP_MONTHS_WRITE,
        Scope.GAP_QUALITY_READ,
        Scope.GAP_RELEASES_READ,
        Scope.GAP_RELEASES_WRITE,
        Scope.COMMISSIONING_READ,
        Scope.COMMISSIONING_WRITE,
        Scope.COMMISSIONED_CHILDREN_READ,
        Scope.JOBS_READ,
        Scope.JOBS_WRITE,
    },
    # Without a family's grant these open the doors, but there is no household behind them.
    ClientKind.FAMILY_APP: FAMILY_SCOPES,
    ClientKind.PROVIDER: frozenset(
        {
            Scope.CATALOGUE_READ,
            Scope.ATTENDANCE_WRITE,
            Scope.FEEDBACK_READ,
            Scope.FEEDBACK_WRITE,
            Scope.BRIEFING_READ,
        }
    ),
    ClientKind.COMMISSIONER: frozenset(
        {
            Scope.CATALOGUE_READ,
            Scope.GAPS_READ,
            Scope.GAP_RELEASES_READ,
            Scope.COMMISSIONING_READ,
            Scope.COMMISSIONING_WRITE,
            Scope.JOBS_READ,
            Scope.JOBS_WRITE,
        }
    ),
    ClientKind.OPERATOR: frozenset({Scope.AUTHORITIES_CREATE, Scope.AUTHORITIES_WRITE}),
}
