"""Assignments and flags in the words of the answer."""

from __future__ import annotations

from typing import Any

from kindred.experiments.engine.results import ExperimentResult, FlagResult, Redirect


def flag_answer(result: FlagResult) -> dict[str, Any]:
    """`assignment` is there when an experiment decided."""
    answer = {
        "flag_key": result.key,
        "value": result.value,
        "on": result.on,
        "source": result.source,
        "rule_id": result.rule_id,
    }
    if result.assignment is not None:
        answer["assignment"] = assignment_answer(result.assignment)
    return answer


def assignment_answer(result: ExperimentResult, redirect: Redirect | None = None) -> dict[str, Any]:
    """`sticky_document` is there when it has changed and has to be stored."""
    answer: dict[str, Any] = {
        "experiment_key": result.experiment_key,
        "variation": result.key,
        "variation_id": result.variation_id,
        "name": result.name,
        "value": result.value,
        "in_experiment": result.in_experiment,
        "hash_used": result.hash_used,
        "hash_attribute": result.hash_attribute,
        "hash_value": result.hash_value,
        "bucket": result.bucket,
        "sticky_used": result.sticky_used,
    }
    if result.sticky_document is not None:
        answer["sticky_document"] = result.sticky_document
    if result.bandit is not None:
        answer["bandit"] = result.bandit._asdict()
    if redirect is not None:
        answer["redirect"] = {"url": redirect.url, "url_with_params": redirect.url_with_params}
    return answer
