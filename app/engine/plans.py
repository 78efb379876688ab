"""Plans as the rooms above need them; all of it is matching's own."""

from matching import NoPlan, Plan, PlanCurvePoint, PlanProblem, PlanStep, curve, make_plan

__all__ = ["NoPlan", "Plan", "PlanCurvePoint", "PlanProblem", "PlanStep", "curve", "make_plan"]
