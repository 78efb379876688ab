"""Judging the interest scorer: listings ranked for texts, measured by graded relevance."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

import matching
from app.concepts import vocabulary
from matching import RankingMeasures

Line = TypeVar("Line", bound=BaseModel)


class ListingLine(BaseModel):
    """One listing of a file."""

    id: str
    title: str
    description: str | None = None


class QueryLine(BaseModel):
    """One text of a file, with the listings it asks for if they are known."""

    id: str
    text: str
    relevance: dict[str, int] | None = None
    avoid: list[str] | None = None


@dataclass(frozen=True)
class Ranked:
    """The listings for one text, best first."""

    id: str
    ranking: list[str]
    measures: RankingMeasures


def read_lines(kind: type[Line], lines: Iterable[str]) -> list[Line]:
    """Read JSON lines, or say which one is wrong."""
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(kind.model_validate_json(line))
        except ValidationError as error:
            reason = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in reason["loc"]) or "the line"
            raise ValueError(f"line {number}: {where}: {reason['msg']}") from None
    return found


def rank_for_queries(
    listings: Sequence[ListingLine], queries: Sequence[QueryLine]
) -> Iterator[Ranked]:
    """Rank all listings for one text after another."""
    index = matching.InterestIndex(vocabulary()).fit(
        [matching.Listing(one.title, one.description or "") for one in listings]
    )
    for query in queries:
        ranking = [listings[place].id for place in matching.rank_listings(index, query.text)]
        measures = matching.measure_ranking(ranking, query.relevance or {}, query.avoid or ())
        yield Ranked(query.id, ranking, measures)


def mean_measures(ranked: Iterable[Ranked]) -> RankingMeasures:
    """Average the measures of all texts that have them."""
    return matching.mean_measures(one.measures for one in ranked)


def as_line(ranked: Ranked) -> str:
    """Write one ranking as a JSON line."""
    line: dict[str, Any] = {"id": ranked.id, "ranking": ranked.ranking}
    return json.dumps(line, ensure_ascii=False) + "\n"
