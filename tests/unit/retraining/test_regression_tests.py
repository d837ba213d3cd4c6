"""Golden queries: what a staged endpoint must answer, and what is found out."""

from __future__ import annotations

import pytest

from kindred.retraining.regression_tests import (
    LARGEST_P95_MS,
    TOP_K,
    Answer,
    golden_queries,
    run_regression_test,
)

VERSION = "v3-12345678"


@pytest.fixture(scope="session")
def queries(artefact):
    return list(golden_queries(artefact, count=20))


def faithful(query, **changes):
    nearest = sorted(query.expected.items(), key=lambda pair: -pair[1])[:TOP_K]
    predictions = [{"app_id": app_id, "similarity": score} for app_id, score in nearest]
    body = {"predictions": predictions, "model_version": VERSION}
    return Answer(**{"body": body, "latency_ms": 5.0, **changes})


def run(queries, ask):
    return run_regression_test(queries, ask, model_version=VERSION)


def test_an_endpoint_that_answers_by_the_vectors_passes(queries):
    result = run(queries, faithful)

    assert result.passed
    assert result.agreed == result.queries == 20


def test_queries_are_spread_over_the_catalogue_and_the_same_every_time(artefact, queries):
    assert [each.app_id for each in golden_queries(artefact, count=20)] == [
        each.app_id for each in queries
    ]
    assert len({each.app_id for each in queries}) == 20


def swapped(answer):
    first, *rest = answer.body["predictions"]
    return Answer(body={**answer.body, "predictions": [*rest, first]}, latency_ms=5.0)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        pytest.param(lambda _: Answer(problem="500 from model"), "500 from model", id="refused"),
        pytest.param(lambda _: Answer(body={"detail": "x"}), "another shape", id="another shape"),
        pytest.param(lambda _: Answer(body=["x"]), "another shape", id="a list"),
        pytest.param(
            lambda a: Answer(body={**a.body, "model_version": "v2-1"}), "v2-1", id="another model"
        ),
        pytest.param(
            lambda a: Answer(body={**a.body, "predictions": a.body["predictions"][:3]}),
            "3 neighbours, expected 10",
            id="too few",
        ),
        pytest.param(swapped, "place", id="another order"),
    ],
)
def test_one_wrong_answer_fails_and_says_why(queries, broken, reason):
    wrong = queries[7]

    result = run(
        queries, lambda query: broken(faithful(query)) if query is wrong else faithful(query)
    )

    assert not result.passed
    assert reason in result.reason
    assert wrong.app_id in result.reason
    assert result.agreed == 19


def test_a_model_that_has_become_slow_fails(queries):
    result = run(queries, lambda query: faithful(query, latency_ms=2 * LARGEST_P95_MS))

    assert not result.passed
    assert "p95 latency is 500 ms, allowed 250 ms" in result.reason


def test_the_first_connection_is_not_held_against_it(queries):
    slow = iter([5 * LARGEST_P95_MS])

    assert run(queries, lambda query: faithful(query, latency_ms=next(slow, 5.0))).passed


def test_without_a_query_nothing_passes():
    assert not run([], faithful).passed
