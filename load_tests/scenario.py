"""What a partner asks, as values: each service as often as another, about apps of the catalogue."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

PARTNERS = 50
UNITS_EACH = 2_000
CATALOGUE_PAGE = 100
_WORDS = ("radar", "diary", "garden", "storm", "offline", "budget", "puzzle", "runner", "chess")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`name` is what its figures are told under."""

    name: str
    path: str
    body: dict[str, Any]


def find_similar(dice: random.Random, categories: Sequence[str]) -> Question:
    body = {**_unit(dice), "app": _app(dice, categories), "top_k": dice.choice((5, 10, 20))}
    return Question(name="find-similar", path="api/v1/find-similar", body=body)


def predict(dice: random.Random, categories: Sequence[str]) -> Question:
    body = {**_unit(dice), "app": _app(dice, categories)}
    return Question(name="predict", path="api/v1/predict", body=body)


def evaluate_flags(dice: random.Random, _categories: Sequence[str]) -> Question:
    context = {"targetingKey": _unit(dice)["app_id"]}
    return Question(name="flags", path="ofrep/v1/evaluate/flags", body={"context": context})


QUESTIONS = (find_similar, predict, evaluate_flags)


def _unit(dice: random.Random) -> dict[str, str]:
    partner, app = dice.randrange(PARTNERS), dice.randrange(UNITS_EACH)
    return {"partner_id": f"load-{partner}", "app_id": f"load-{partner}-{app}"}


def _app(dice: random.Random, categories: Sequence[str]) -> dict[str, Any]:
    words = dice.sample(_WORDS, 2)
    return {
        "name": " ".join(words).title(),
        "category": dice.choice(categories),
        "region": "us",
        "pricing": dice.choice(("free", "paid")),
        "features": [words[0]],
        "description": f"A {words[0]} and {words[1]} for everybody",
    }
