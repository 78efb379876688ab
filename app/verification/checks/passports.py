"""Passports: whole, and readable with the key of their child alone."""

from typing import Final

from app.verification.checks.check import Check

PASSPORTS: Final = Check(
    "passports",
    "A passport's versions are numbered from 1 without a gap, and sealed with its child's key.",
    """
    SELECT jsonb_build_object('child_id', p.child_id, 'versions', count(*)) AS facts,
           min(p.version) <> 1 OR max(p.version) <> count(*)
           OR bool_or(p.key_id IS DISTINCT FROM k.key_id) AS broken
    FROM passport_versions p
    LEFT JOIN child_keys k ON k.authority_id = p.authority_id AND k.child_id = p.child_id
    GROUP BY p.authority_id, p.child_id
    """,
)
