"""How well listings are found for what people say, beside simpler methods.

`python -m tests.benchmarks.interests` prints nDCG@5, recall@10, MRR and violation@5 of each method
on three sets of queries over listings, and milliseconds a query, then the default method for each
kind of query. The first two sets are for development; nothing is ever fitted to or written after
the third, the hold-out. With `--fit` it also fits the scorer's logistic regression anew to the
first two, and measures it on queries, and then on queries and listings, that it was not fitted to.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from matching import (
    InterestIndex,
    Listing,
    RankingMeasures,
    load_vocabulary,
    mean_measures,
    measure_ranking,
    rank_listings,
)
from matching.interests.text import content_stems, words
from matching.interests.vectors import load_vectors
from tests.benchmarks import interest_fit, minilm

DATA = Path(__file__).parent / "data"

# The names of the sets with the beginnings of their files.
SETS = {
    "development": "interest",
    "second": "interest_second",
    "hold-out": "interest_holdout",
}

Ranker = Callable[[str], NDArray[np.intp]]


@dataclass(frozen=True)
class Query:
    """A text with what answers it."""

    kind: str
    text: str
    relevance: dict[str, int]
    avoid: tuple[str, ...]


@dataclass(frozen=True)
class Benchmark:
    """Queries over listings."""

    ids: list[str]
    listings: list[Listing]
    queries: list[Query]

    def measure(self, query: Query, ranking: NDArray[np.intp]) -> RankingMeasures:
        ids = [self.ids[place] for place in ranking]
        return measure_ranking(ids, query.relevance, query.avoid)


def load(name: str = "development") -> Benchmark:
    listings = _lines(f"{SETS[name]}_listings.jsonl")
    return Benchmark(
        ids=[one["id"] for one in listings],
        listings=[Listing(one["title"], one["description"]) for one in listings],
        queries=[
            Query(one["kind"], one["text"], one["relevance"], tuple(one["avoid"]))
            for one in _lines(f"{SETS[name]}_queries.jsonl")
        ],
    )


def _lines(name: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def word_tfidf(listings: Sequence[Listing]) -> Ranker:
    vectorizer = TfidfVectorizer()
    listed = vectorizer.fit_transform(f"{one.title} {one.description}" for one in listings)
    return lambda text: _best((vectorizer.transform([text]) @ listed.T).toarray()[0])


def stemmed_tfidf(listings: Sequence[Listing]) -> Ranker:
    vectorizer = TfidfVectorizer(analyzer=_stems, sublinear_tf=True)
    listed = vectorizer.fit_transform(f"{one.title} {one.description}" for one in listings)
    return lambda text: _best((vectorizer.transform([text]) @ listed.T).toarray()[0])


def bm25(listings: Sequence[Listing], k1: float = 1.2, b: float = 0.75) -> Ranker:
    vectorizer = CountVectorizer(analyzer=_stems)
    counts = vectorizer.fit_transform(f"{one.title} {one.description}" for one in listings)
    counts = counts.toarray().astype(float)
    lengths = counts.sum(axis=1, keepdims=True)
    having = (counts > 0).sum(axis=0)
    idf = np.log(1 + (len(listings) - having + 0.5) / (having + 0.5))
    weights = idf * counts * (k1 + 1) / (counts + k1 * (1 - b + b * lengths / lengths.mean()))
    return lambda text: _best(weights @ vectorizer.transform([text]).toarray()[0])


def static_vectors(listings: Sequence[Listing]) -> Ranker:
    vectors = load_vectors()
    places = np.array([vectors.mean(words(f"{one.title} {one.description}")) for one in listings])
    return lambda text: _best(places @ vectors.mean(words(text)))


def default(listings: Sequence[Listing]) -> Ranker:
    index = InterestIndex(load_vocabulary()).fit(listings)
    return lambda text: rank_listings(index, text)


def _stems(text: str) -> list[str]:
    return content_stems(words(text))


def _best(scores: NDArray[np.floating]) -> NDArray[np.intp]:
    return np.argsort(-scores, kind="stable")


def methods(listings: Sequence[Listing]) -> Iterator[tuple[str, Ranker]]:
    yield "word TF-IDF", word_tfidf(listings)
    yield "word TF-IDF, stemmed", stemmed_tfidf(listings)
    yield "BM25, stemmed", bm25(listings)
    yield "word vectors alone", static_vectors(listings)
    model = minilm.load()
    if model is not None:
        texts = [f"{one.title}. {one.description}" for one in listings]
        places = (model.encode(texts) + model.encode([one.title for one in listings])) / 2
        yield "MiniLM alone", lambda text: _best(places @ model.encode([text])[0])
    yield "default", default(listings)


def cells(measures: Sequence[float | None]) -> str:
    return "".join(f"{'-':>8}" if one is None else f"{one:8.3f}" for one in measures)


def measure(benchmark: Benchmark, ranker: Ranker) -> tuple[list[RankingMeasures], float]:
    """Measure a method on every query of a set, and its milliseconds a query."""
    ranker("warm")
    started = time.perf_counter()
    rankings = [ranker(query.text) for query in benchmark.queries]
    ms = (time.perf_counter() - started) / len(benchmark.queries) * 1000
    pairs = zip(benchmark.queries, rankings, strict=True)
    return [benchmark.measure(query, ranking) for query, ranking in pairs], ms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="fit anew and measure held out")
    arguments = parser.parse_args()
    benchmarks = {name: load(name) for name in SETS}
    for name, one in benchmarks.items():
        print(f"{name}: {len(one.queries)} queries over {len(one.listings)} listings")
    print(f"{'':<24}" + "".join(f"{name:^32}" for name in SETS))
    print(f"{'':<24}" + "  nDCG@5  rec.@10     MRR  viol.@5".rjust(32) * len(SETS) + f"{'ms':>8}")
    by_set = [methods(one.listings) for one in benchmarks.values()]
    found: list[list[RankingMeasures]] = []
    for same in zip(*by_set, strict=True):
        measured = [
            measure(one, ranker) for one, (_, ranker) in zip(benchmarks.values(), same, strict=True)
        ]
        found = [measures for measures, _ in measured]
        ms = float(np.mean([ms for _, ms in measured]))
        means = "".join(cells(astuple(mean_measures(one))) for one in found)
        print(f"{same[0][0]:<24}{means}{ms:8.2f}")
    kinds = sorted({query.kind for one in benchmarks.values() for query in one.queries})
    for kind in kinds:
        means = ""
        for one, measures in zip(benchmarks.values(), found, strict=True):
            pairs = zip(one.queries, measures, strict=True)
            of_kind = [measure for query, measure in pairs if query.kind == kind]
            means += cells(astuple(mean_measures(of_kind)))
        print(f"{'  default, ' + kind:<24}{means}")
    if arguments.fit:
        collections = [
            (
                one.listings,
                one.ids,
                [(query.text, query.relevance, query.avoid) for query in one.queries],
            )
            for name, one in benchmarks.items()
            if name != "hold-out"
        ]
        print("fitted to both:", interest_fit.fit(collections))
        for name, means in interest_fit.held_out(collections):
            print(f"{name:<32}{cells(astuple(means))}")


if __name__ == "__main__":
    main()
