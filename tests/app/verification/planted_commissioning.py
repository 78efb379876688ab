"""Rules of scenarios and plans, statements that break them, and what the findings must name."""

from typing import Any

from app.verification import checks
from app.verification.checks import Check

SET = "UPDATE {} SET outcome = jsonb_set(outcome, '{{{}}}', '{}') WHERE id = :{}"


def scenario(path: str, value: str, name: str = "closed") -> str:
    """Change one figure of a scenario."""
    return SET.format("scenarios", path, value, name)


def plan(path: str, value: str, name: str = "bought") -> str:
    """Change one figure of a plan."""
    return SET.format("commissioning_plans", path, value, name)


CLOSED = {"scenario_id": "closed", "basis": "exact"}
RELEASED = {"scenario_id": "of_period", "basis": "released"}
BOUGHT = {"plan_id": "bought", "basis": "exact"}
OF_RELEASE = {"plan_id": "of_release", "basis": "released"}

PLANTED_COMMISSIONING: list[tuple[Check, str, dict[str, Any]]] = [
    (checks.SCENARIOS, scenario("total,unmet_then", "9"), CLOSED),
    (checks.SCENARIOS, scenario("areas,0,unmet_today", "9"), CLOSED),
    (checks.SCENARIOS, scenario("areas", "[]"), CLOSED),
    (checks.SCENARIOS, scenario("age_bands", "[]"), CLOSED),
    (checks.SCENARIOS, scenario("interests", "[]"), CLOSED),
    (checks.SCENARIOS, scenario("children_losing", "0"), CLOSED),
    (
        checks.SCENARIOS,
        "UPDATE scenario_children SET lost = '{angling,trains}' WHERE scenario_id = :closed",
        CLOSED,
    ),
    (
        checks.SCENARIOS,
        "UPDATE scenario_children SET gained = '{trains}' WHERE scenario_id = :closed",
        CLOSED,
    ),
    (checks.SCENARIOS, scenario("at_most", "7", "of_period"), RELEASED),
    (checks.SCENARIOS, scenario("not_shown", "7", "of_period"), RELEASED),
    (
        checks.COMMISSIONING_PLANS,
        "UPDATE commissioning_plans SET asked = jsonb_set(asked, '{budget_pence}', '39999')"
        " WHERE id = :bought",
        {**BOUGHT, "cost_pence": 40_000},
    ),
    (checks.COMMISSIONING_PLANS, plan("cost_pence", "39000"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("paid_pence", "39000"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("weight", "7"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("weight_bound", "5"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("gap", "0.5"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("items,0,children", "2"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("items,0,places", "0"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("children_unmet", "0"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("wishes_closed", "2"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("curve,0,weight", "9"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("curve,-1,cost_pence", "1"), BOUGHT),
    (checks.COMMISSIONING_PLANS, plan("reached", "7", "of_release"), OF_RELEASE),
    (checks.COMMISSIONING_PLANS, plan("items,0,cost_pence", "1", "of_release"), OF_RELEASE),
    (
        checks.COMMISSIONING_PLANS,
        "DELETE FROM jobs WHERE id = :waiting_job",
        {"plan_id": "waiting", "status": "working"},
    ),
    (
        checks.PLAN_CHILDREN,
        "UPDATE plan_children SET item = 7 WHERE plan_id = :bought",
        {"plan_id": "bought", "item": 7},
    ),
    (checks.PLAN_CHILDREN, plan("items,0,places", "0"), {"plan_id": "bought", "item": 0}),
    (checks.PLAN_CHILDREN, plan("children", "0"), {"plan_id": "bought", "children": 1}),
    (
        checks.PLAN_CHILDREN,
        "UPDATE plan_children SET child_id = :angler WHERE plan_id = :bought",
        {"plan_id": "bought", "item": 0},
    ),
    (
        checks.JOBS,
        "UPDATE commissioning_plans SET status = 'cancelled', outcome = NULL, digest = NULL"
        " WHERE id = :bought",
        {"job": "done", "result": "cancelled"},
    ),
    (
        checks.JOBS,
        "DELETE FROM commissioning_plans WHERE id = :waiting",
        {"job_id": "waiting_job", "result": None},
    ),
]
