"""Scenarios and commissioning plans, as they are stored."""

from typing import Final

from app.verification.checks.check import Check

SCENARIOS: Final = Check(
    "scenarios",
    "In every group of a scenario today less gained and with lost is then; groups that leave"
    " nobody out and take nobody twice add up to the total; no more children are told of than were"
    " found. Of a release the shown figures add up, each once.",
    # An erased child is no longer told of, so its rows may be fewer.
    """
    SELECT jsonb_build_object('scenario_id', s.id, 'basis', s.basis) AS facts,
           CASE s.basis WHEN 'exact' THEN
               (s.outcome->'total'->>'lost')::int < t.lost
               OR (s.outcome->'total'->>'gained')::int < t.gained
               OR (s.outcome->>'children_losing')::int < t.losing
               OR (s.outcome->>'children_gaining')::int < t.gaining
               OR EXISTS (
                   SELECT FROM jsonb_path_query(s.outcome,
                       '$.keyvalue() ? (@.value.type() == "array").value[*]') g
                   WHERE (g->>'unmet_today')::int - (g->>'gained')::int + (g->>'lost')::int
                       <> (g->>'unmet_then')::int)
               OR (s.outcome->'total'->>'unmet_today')::int
                   - (s.outcome->'total'->>'gained')::int
                   + (s.outcome->'total'->>'lost')::int
                   <> (s.outcome->'total'->>'unmet_then')::int
               OR EXISTS (
                   SELECT FROM (VALUES ('interests'), ('areas'), ('age_bands')) AS v (name),
                   LATERAL (SELECT coalesce(sum((g->>'lost')::int), 0) AS lost,
                                   coalesce(sum((g->>'gained')::int), 0) AS gained
                            FROM jsonb_array_elements(s.outcome->v.name) g) p
                   WHERE p.lost <> (s.outcome->'total'->>'lost')::int
                       OR p.gained <> (s.outcome->'total'->>'gained')::int)
           ELSE
               (s.outcome->>'at_most')::int <> r.shown
               OR (s.outcome->>'not_shown')::int <> r.hidden
           END AS broken
    FROM scenarios s
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(cardinality(c.lost)), 0) AS lost,
               coalesce(sum(cardinality(c.gained)), 0) AS gained,
               count(*) FILTER (WHERE cardinality(c.lost) > 0) AS losing,
               count(*) FILTER (WHERE cardinality(c.gained) > 0) AS gaining
        FROM scenario_children c
        WHERE c.authority_id = s.authority_id AND c.scenario_id = s.id) t
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(f.children), 0) AS shown,
               count(*) FILTER (WHERE f.children IS NULL) AS hidden
        FROM (SELECT DISTINCT i.interest, i.reason, i.children
              FROM jsonb_to_recordset(CASE s.basis WHEN 'released' THEN s.outcome->'items' END)
                  AS i (interest text, reason text, children int)) f) r
    """,
)

COMMISSIONING_PLANS: Final = Check(
    "commissioning-plans",
    "A plan keeps to its budget, its items add up to what it costs and serves, no more than its"
    " bound, by the gap that it tells; budgets of its curve reach no less with more money, and the"
    " last of them is the plan; one that is being made has a job.",
    """
    SELECT jsonb_build_object('plan_id', p.id, 'basis', p.basis, 'status', p.status,
                              'cost_pence', o.cost_pence) AS facts,
           CASE p.status WHEN 'done' THEN
               o.cost_pence > (p.asked->>'budget_pence')::bigint
               OR o.cost_pence <> i.cost_pence OR o.paid_pence <> i.paid_pence
               OR o.served <> i.served OR o.served > o.bound
               OR abs(o.gap - coalesce((o.bound - o.served)::numeric / nullif(o.bound, 0), 0))
                   > 0.000001
               OR p.basis = 'exact' AND (
                   (p.outcome->>'children')::int <> i.children
                   OR (p.outcome->>'wishes_closed')::int <> i.wishes_closed
                   OR (p.outcome->>'children')::int > (p.outcome->>'children_unmet')::int
                   OR i.crowded)
               OR c.wrong OR c.cost_pence <> o.cost_pence OR c.weight <> o.served
           WHEN 'working' THEN NOT EXISTS (
               SELECT FROM jobs j
               WHERE j.authority_id = p.authority_id AND j.result_id = p.id)
           ELSE p.failure IS NULL AND p.status = 'failed' END AS broken
    FROM commissioning_plans p
    CROSS JOIN LATERAL (
        SELECT (p.outcome->>'cost_pence')::bigint AS cost_pence,
               (p.outcome->>'paid_pence')::bigint AS paid_pence,
               coalesce(p.outcome->>'weight', p.outcome->>'reached')::bigint AS served,
               coalesce(p.outcome->>'weight_bound', p.outcome->>'reached_bound')::bigint AS bound,
               (p.outcome->>'gap')::numeric AS gap) o
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(n.cost_pence), 0) AS cost_pence,
               coalesce(sum(n.paid_pence), 0) AS paid_pence,
               coalesce(sum(coalesce(n.weight, n.reached)), 0) AS served,
               coalesce(sum(n.children), 0) AS children,
               coalesce(sum(n.wishes_closed), 0) AS wishes_closed,
               coalesce(bool_or(n.children > n.places), false) AS crowded
        FROM jsonb_to_recordset(p.outcome->'items') AS n (
            cost_pence bigint, paid_pence bigint, weight bigint, reached bigint, children int,
            places int, wishes_closed int)) i
    CROSS JOIN LATERAL (
        SELECT bool_or(m.cost_pence > m.budget_pence OR m.weight > m.weight_bound
                       OR m.weight < m.before) AS wrong,
               max(m.cost_pence) FILTER (WHERE m.place = m.places) AS cost_pence,
               max(m.weight) FILTER (WHERE m.place = m.places) AS weight
        FROM (SELECT k.*, lag(k.weight, 1, 0::bigint) OVER (ORDER BY k.place) AS before,
                     count(*) OVER () AS places
              FROM (SELECT (e.value->>'cost_pence')::bigint AS cost_pence,
                           (e.value->>'budget_pence')::bigint AS budget_pence,
                           (e.value->>'weight')::bigint AS weight,
                           (e.value->>'weight_bound')::bigint AS weight_bound, e.place
                    FROM jsonb_array_elements(p.outcome->'curve')
                        WITH ORDINALITY AS e (value, place)) k) m) c
    """,
)

PLAN_CHILDREN: Final = Check(
    "plan-children",
    "No plan tells of more children than it serves, nor gives more of them a place in an item than"
    " that has, nor closes a wish of another child.",
    """
    SELECT jsonb_build_object('plan_id', c.plan_id, 'item', c.item, 'children', c.children)
               AS facts,
           p.status <> 'done' OR p.basis <> 'exact' OR i.item IS NULL
           OR c.children > (i.item->>'places')::int
           OR c.in_all > (p.outcome->>'children')::int OR c.of_others AS broken
    FROM (SELECT r.authority_id, r.plan_id, r.item, count(*) AS children,
                 sum(count(*)) OVER (PARTITION BY r.plan_id) AS in_all,
                 bool_or(EXISTS (SELECT FROM wishes w
                                 WHERE w.authority_id = r.authority_id
                                   AND w.id = ANY (r.wish_ids) AND w.child_id <> r.child_id))
                     AS of_others
          FROM plan_children r GROUP BY 1, 2, 3) c
    JOIN commissioning_plans p ON p.authority_id = c.authority_id AND p.id = c.plan_id
    LEFT JOIN LATERAL (SELECT p.outcome->'items'->c.item AS item) i ON true
    """,
)
