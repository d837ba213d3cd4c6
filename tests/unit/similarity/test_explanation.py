"""Explanations: only what both apps have, in plain words."""

from dataclasses import replace

import pytest

from kindred.similarity.app import AppMetadata
from kindred.similarity.artefact import Artefact
from kindred.similarity.explanation import explain
from kindred.similarity.words import words


def test_an_app_shares_all_of_itself_with_itself(artefact: Artefact) -> None:
    app = artefact.catalogue.app(5).metadata
    reasons = explain(artefact, app, 5)
    texts = [reason.text for reason in reasons]
    assert texts[:3] == [
        f"same category: {app.category}",
        f"same pricing: {app.pricing}",
        f"same region: {app.region}",
    ]
    assert [f"shared feature: {feature}" for feature in app.features] == texts[3:-1]
    assert reasons[-1].kind == "words"
    assert 0 < sum(weight for _, weight in reasons[-1].words) <= 1.0001


def test_shared_words_are_in_both_texts_the_strongest_first(artefact: Artefact) -> None:
    app = artefact.catalogue.app(5).metadata
    for row in range(20):
        other = artefact.catalogue.app(row).metadata
        for reason in explain(artefact, app, row):
            if reason.kind == "words":
                in_both = _words(app) & _words(other)
                assert {word for word, _ in reason.words} <= in_both
                weights = [weight for _, weight in reason.words]
                assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("category", [None, "Nothing of the kind"])
def test_a_category_that_is_not_shared_is_no_reason(
    artefact: Artefact, category: str | None
) -> None:
    query = replace(artefact.catalogue.app(5).metadata, category=category)
    assert all(reason.kind != "category" for reason in explain(artefact, query, 5))


def test_apps_with_nothing_in_common_have_no_reasons(artefact: Artefact) -> None:
    assert explain(artefact, AppMetadata(name="Zzyzx"), 0) == ()


def _words(app: AppMetadata) -> set[str]:
    return {*words(app.name), *words(app.description)}
