"""What was released, and what it was charged."""

from typing import Final

from app.verification.checks.check import Check

RELEASES: Final = Check(
    "releases",
    "A release has each cell of its declared grid once, and shows those that reach the threshold.",
    """
    SELECT jsonb_build_object('release_id', r.id, 'cells', c.cells, 'declared', d.cells) AS facts,
           c.cells <> d.cells OR c.wrongly_shown > 0 OR c.undeclared > 0 AS broken
    FROM gap_releases r
    CROSS JOIN LATERAL (
        SELECT jsonb_array_length(r.topics)
               * (1 + coalesce(sum(jsonb_array_length(v.value)), 0)) AS cells
        FROM jsonb_each(r.breakdowns) v
    ) d
    CROSS JOIN LATERAL (
        SELECT count(*) AS cells,
               count(*) FILTER (WHERE c.shown <> (c.noised >= (t.told->>'threshold')::int))
                   AS wrongly_shown,
               count(*) FILTER (WHERE t.told IS NULL OR NOT r.topics ? c.interest
                   OR c.by <> 'interest' AND NOT r.breakdowns->c.by ? c.value) AS undeclared
        FROM gap_release_cells c
        LEFT JOIN LATERAL (
            SELECT told FROM jsonb_array_elements(r.tables) told WHERE told->>'by' = c.by
        ) t ON true
        WHERE c.authority_id = r.authority_id AND c.release_id = r.id
    ) c
    """,
)

RELEASE_BUDGETS: Final = Check(
    "release-budgets",
    "A year is charged for its releases, for no more than it may have, and for nothing else.",
    """
    SELECT jsonb_build_object('year', coalesce(b.year, r.year), 'charged', b.releases,
                              'releases', r.releases) AS facts,
           (b.releases, b.rho_thousandths) IS DISTINCT FROM (r.releases, r.rho_thousandths)
           OR r.rho_thousandths > 500 OR r.releases > 4 AS broken
    FROM release_budgets b
    FULL JOIN (
        SELECT authority_id, year, count(*) AS releases, sum(rho_thousandths) AS rho_thousandths
        FROM gap_releases GROUP BY authority_id, year
    ) r ON r.authority_id = b.authority_id AND r.year = b.year
    """,
)

STATEMENTS: Final = Check(
    "statements",
    "What may be answered in public is what a release shows, and nothing else.",
    """
    SELECT jsonb_build_object('line_id', s.id, 'release_id', coalesce(s.release_id, c.release_id),
                              'interest', coalesce(s.interest, c.interest)) AS facts,
           s.id IS NULL OR c.release_id IS NULL OR s.period <> r.period AS broken
    FROM release_statements s
    FULL JOIN (
        SELECT authority_id, release_id, interest FROM gap_release_cells
        WHERE by = 'interest' AND shown AND interest <> 'other'
    ) c ON c.authority_id = s.authority_id AND c.release_id = s.release_id
        AND c.interest = s.interest
    LEFT JOIN gap_releases r ON r.authority_id = s.authority_id AND r.id = s.release_id
    """,
)
