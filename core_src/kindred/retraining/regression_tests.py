"""Whether a staged endpoint answers as its artefact does: golden queries out of its catalogue."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kindred.similarity.app import AppMetadata
from kindred.similarity.artefact import Artefact
from kindred.similarity.index import ExactIndex

GOLDEN_QUERIES = 100
TOP_K = 10
# The endpoint computes in float32, in another order of sums than we do here.
SIMILARITY_TOLERANCE = 1e-3
# Staging has one small instance and a connection that is opened for the test: what is looked for
# is a model that has become slow, which a canary then measures properly.
LARGEST_P95_MS = 250.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenQuery:
    """`expected` are similarities by app id of the nearest to `metadata`, by the artefact itself.

    More than are asked for: where several are equally near, any of them may be answered.
    """

    app_id: str
    metadata: AppMetadata
    expected: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`body` is the endpoint's JSON document; `problem` what came instead of one."""

    body: Any = None
    latency_ms: float = 0.0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegressionTest:
    """`failures` are the first few, in words; `p95_ms` as the caller measured it."""

    passed: bool
    queries: int
    answered: int
    agreed: int
    p95_ms: float
    failures: tuple[str, ...]

    @property
    def reason(self) -> str:
        if self.passed:
            return (
                f"{self.agreed} of {self.queries} golden queries agree with the artefact's "
                f"vectors, p95 {self.p95_ms:.0f} ms"
            )
        return "; ".join(self.failures)


def golden_queries(artefact: Artefact, *, count: int = GOLDEN_QUERIES) -> Iterator[GoldenQuery]:
    """Apps of the artefact's own catalogue, evenly spread over it: the same for the same files."""
    catalogue, index = artefact.catalogue, ExactIndex(artefact.vectors)
    step = max(1, len(catalogue) // count)
    for row in range(0, min(len(catalogue), step * count), step):
        metadata = _shortened(catalogue.app(row).metadata)
        hits = index.search(artefact.model.embed(metadata), k=2 * TOP_K)
        yield GoldenQuery(
            app_id=catalogue.app_id(row),
            metadata=metadata,
            expected={catalogue.app_id(hit.row): hit.score for hit in hits},
        )


def _shortened(metadata: AppMetadata) -> AppMetadata:
    """To what an endpoint takes; the catalogue has longer ones."""
    return replace(
        metadata,
        name=metadata.name[:200] or "?",
        features=tuple(feature[:64] for feature in metadata.features[:50] if feature),
        description=metadata.description[:10_000],
    )


def run_regression_test(
    queries: Sequence[GoldenQuery],
    ask: Callable[[GoldenQuery], Answer],
    *,
    model_version: str,
) -> RegressionTest:
    """Every query must be answered, in shape, and with the neighbours that the vectors give.

    The first query is asked once more beforehand and not timed: it opens the connection.
    """
    if queries:
        ask(queries[0])
    answers = [(query, ask(query)) for query in queries]
    broken = [each for each in (_broken(q, a, model_version) for q, a in answers) if each]
    latencies = sorted(answer.latency_ms for _, answer in answers if not answer.problem)
    p95_ms = latencies[math.ceil(0.95 * len(latencies)) - 1] if latencies else 0.0
    failures = broken[:5]
    if len(broken) > len(failures):
        failures.append(f"and {len(broken) - len(failures)} more")
    if not queries:
        failures.append("the artefact's catalogue is empty: there is nothing to ask")
    if p95_ms > LARGEST_P95_MS:
        failures.append(f"p95 latency is {p95_ms:.0f} ms, allowed {LARGEST_P95_MS:.0f} ms")
    return RegressionTest(
        passed=not failures,
        queries=len(queries),
        answered=len(latencies),
        agreed=len(queries) - len(broken),
        p95_ms=p95_ms,
        failures=tuple(failures),
    )


def _broken(query: GoldenQuery, answer: Answer, model_version: str) -> str | None:
    """What is wrong with an answer, if anything."""
    if answer.problem:
        return f"{query.app_id}: {answer.problem}"
    try:
        found = [(str(e["app_id"]), float(e["similarity"])) for e in answer.body["predictions"]]
        served = answer.body["model_version"]
    except (KeyError, TypeError, ValueError) as error:
        return f"{query.app_id}: answered in another shape: {error!r}"
    if served != model_version:
        return f"{query.app_id}: answered by {served}, expected {model_version}"
    nearest = sorted(query.expected.values(), reverse=True)[:TOP_K]
    if len(found) != len(nearest):
        return f"{query.app_id}: {len(found)} neighbours, expected {len(nearest)}"
    for place, ((app_id, similarity), expected) in enumerate(zip(found, nearest, strict=True), 1):
        own = query.expected.get(app_id)
        if own is None or max(abs(own - expected), abs(own - similarity)) > SIMILARITY_TOLERANCE:
            given = "a farther app" if own is None else f"{own:.4f} by its vector"
            return (
                f"{query.app_id}: place {place} is {app_id} with {similarity:.4f} ({given}), "
                f"expected a similarity of {expected:.4f}"
            )
    return None
