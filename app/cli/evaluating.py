"""`shortbreaks evaluate-interests`: how well listings are found for what people say."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import track

from app.engine.evaluation import (
    Line,
    ListingLine,
    QueryLine,
    as_line,
    mean_measures,
    rank_for_queries,
    read_lines,
)

LABELS: Final = {
    "ndcg5": "nDCG@5",
    "recall10": "recall@10",
    "mrr": "MRR",
    "violation5": "violation@5",
}

InputFile = typer.Option(exists=True, dir_okay=False, readable=True)


def evaluate_interests(
    listings: Annotated[Path, InputFile],
    queries: Annotated[Path, InputFile],
    out: Annotated[Path, typer.Option(dir_okay=False, writable=True)],
) -> None:
    """Rank listings (id, title, description) for queries (id, text), both JSON lines.

    Prints measures where the queries carry `relevance` and `avoid`. Needs no database.
    """
    offered = _read(ListingLine, listings)
    asked = _read(QueryLine, queries)
    errors = Console(stderr=True)
    ranked = list(
        track(
            rank_for_queries(offered, asked),
            description="Ranking",
            total=len(asked),
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        )
    )
    with out.open("w", encoding="utf-8") as file:
        file.writelines(as_line(one) for one in ranked)
    typer.echo(f"{len(asked)} queries, {len(offered)} listings")
    for name, value in asdict(mean_measures(ranked)).items():
        typer.echo(f"{LABELS[name]:<12} {'-' if value is None else f'{value:.4f}'}")


def _read(kind: type[Line], path: Path) -> list[Line]:
    try:
        with path.open(encoding="utf-8") as file:
            return read_lines(kind, file)
    except (ValueError, OSError) as error:
        # A file that is not UTF-8 fails as a ValueError, too.
        typer.echo(f"{path}: {error}", err=True)
        raise typer.Exit(1) from None
