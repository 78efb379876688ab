"""Rules of releases, statements that break them, and what the findings must name."""

from typing import Any

from app.verification import checks
from app.verification.checks import Check

FREE = "ALTER TABLE {} DISABLE TRIGGER keep_released"

PLANTED_RELEASES: list[tuple[Check, list[str], dict[str, Any]]] = [
    (
        checks.RELEASES,
        [
            FREE.format("gap_release_cells"),
            "DELETE FROM gap_release_cells WHERE position = 7 AND release_id = :release",
        ],
        {"release_id": "release", "cells": 1022, "declared": 1023},
    ),
    (
        checks.RELEASES,
        [
            FREE.format("gap_release_cells"),
            "UPDATE gap_release_cells SET shown = NOT shown WHERE position = 7"
            " AND release_id = :release",
        ],
        {"release_id": "release"},
    ),
    (
        checks.RELEASE_BUDGETS,
        [
            "ALTER TABLE release_budgets DISABLE TRIGGER only_grow",
            "UPDATE release_budgets SET releases = 0, rho_thousandths = 0",
        ],
        {"year": 2027, "charged": 0, "releases": 1},
    ),
    (
        checks.RELEASE_BUDGETS,
        [FREE.format("release_budgets"), "DELETE FROM release_budgets"],
        {"year": 2027, "charged": None, "releases": 1},
    ),
    (
        checks.STATEMENTS,
        ["UPDATE release_statements SET interest = 'bowls' WHERE id = :line"],
        {"line_id": "line", "interest": "bowls"},
    ),
    (
        checks.STATEMENTS,
        ["DELETE FROM release_statements WHERE id = :line"],
        {"release_id": "release", "interest": "swimming"},
    ),
    (
        checks.STATEMENTS,
        ["UPDATE release_statements SET period = '2026-Q4' WHERE id = :line"],
        {"line_id": "line", "release_id": "release"},
    ),
]
