"""`shortbreaks learn`: weights learned from attendance and feedback."""

from typing import Annotated

import typer

from app.authorities.service import list_active_authorities
from app.cli.importing import choose_authority
from app.clock import now_utc
from app.db import NO_TENANT, transaction
from app.engine.learning import Learning, Quality
from app.learning.service import learn as learn_one
from app.settings import Settings
from app.storage import open_database

VERDICTS = {
    "better": "better than the default, in use from now on",
    "not_better": "no better than the default, not used",
    "not_enough_evidence": "not enough to learn from, nothing changed",
}
NO_LONGER_BETTER = "no longer better than the default, and is not used any more"


def learn(
    authority: Annotated[str | None, typer.Option(help="The authority's name or id.")] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="Every active authority.")] = False,
) -> None:
    """Learn from attendance and feedback what makes a match good, and use it if it is better."""
    if (authority is None) != everywhere:
        raise typer.BadParameter("Give either --authority or --all.")
    with open_database(Settings()) as database:
        if authority is None:
            with transaction(database.sessions, NO_TENANT) as session:
                authority_ids = list_active_authorities(session)
        else:
            authority_ids = [choose_authority(database.sessions, authority)]
        for authority_id in authority_ids:
            with transaction(database.sessions, authority_id) as session:
                learning = learn_one(session, now=now_utc())
            typer.echo(f"{authority_id}: {told(learning)}")


def told(learning: Learning) -> str:
    """Tell in one line what was learned, beside the default on the same later bookings."""
    line = f"{learning.n_outcomes:,} outcomes: {VERDICTS[learning.verdict]}"
    mine, default, in_use = learning.quality, learning.default_quality, learning.in_use
    if mine is not None and default is not None:
        line += f" ({_beside(mine, default)}, calibration error {learning.calibration_error:.3f})"
    if in_use is not None:
        verdict = "still better than the default" if in_use.still_better else NO_LONGER_BETTER
        line += (
            f"; the one in use was {verdict} ({_beside(in_use.quality, in_use.default_quality)})"
        )
    return line


def _beside(quality: Quality, default: Quality) -> str:
    return (
        f"log loss {quality.log_loss:.3f} against {default.log_loss:.3f}, "
        f"AUC {quality.auc:.3f} against {default.auc:.3f}"
    )
