"""A made-up catalogue with a click history: deterministic, learnable, and labelled as generated."""

import math
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from ops.catalogue.generated_words import (
    CLOSING,
    KINDS,
    LEADING,
    REGIONS,
    SENTENCES,
    Kind,
    Theme,
)

SOURCE = "generated"
T = TypeVar("T")

# How many apps are sold so, and how that changes the rate of clicks.
_PRICINGS = (
    (Pricing.FREE, 0.45, 1.0),
    (Pricing.FREEMIUM, 0.30, 1.25),
    (Pricing.PAID, 0.15, 0.55),
    (Pricing.SUBSCRIPTION, 0.10, 0.75),
)
_PRICES_USD = (0.99, 1.99, 2.99, 4.99, 9.99)


def generate_apps(count: int, *, seed: int = 20_251_015) -> list[CatalogueApp]:
    """The same apps for the same count and seed, on every machine and Python."""
    rng = Random(seed)  # noqa: S311
    names: set[str] = set()
    return [_app(number, rng, names) for number in range(1, count + 1)]


def _app(number: int, rng: Random, names: set[str]) -> CatalogueApp:
    kind = _pick(rng, KINDS)
    theme = _pick(rng, kind.themes)
    pricing, appeal = _pricing(rng)
    rate = kind.click_rate * theme.appeal * appeal * math.exp(rng.gauss(0, 0.2))
    impressions = round(math.exp(rng.gauss(8.0, 1.2)))
    noise = math.sqrt(rate * (1 - rate) * impressions) * rng.gauss(0, 1)
    clicks = min(impressions, max(0, round(rate * impressions + noise)))
    installs = round(clicks * (0.1 + 0.3 * rng.random()))
    rating_count = round(installs * (0.1 + 0.3 * rng.random()))
    return CatalogueApp(
        app_id=f"generated-{number:05d}",
        metadata=AppMetadata(
            name=_name(rng, theme, names),
            category=kind.category,
            region=_pick(rng, REGIONS),
            pricing=pricing,
            features=_features(rng, kind),
            description=_description(rng, theme),
        ),
        price_usd=_pick(rng, _PRICES_USD) if pricing is Pricing.PAID else 0.0,
        rating=round(min(5.0, max(1.0, rng.gauss(3.9, 0.6))), 1) if rating_count else None,
        rating_count=rating_count,
        installs=installs,
        impressions=impressions,
        clicks=clicks,
        source=SOURCE,
        generated=True,
    )


def _pricing(rng: Random) -> tuple[Pricing, float]:
    left = rng.random()
    for pricing, share, appeal in _PRICINGS:
        left -= share
        if left < 0:
            return pricing, appeal
    return _PRICINGS[-1][0], _PRICINGS[-1][2]


def _name(rng: Random, theme: Theme, names: set[str]) -> str:
    words = [_pick(rng, LEADING), _pick(rng, theme.words).title(), _pick(rng, CLOSING)]
    if rng.random() < 0.5:
        words.insert(2, _pick(rng, theme.words).title())
    plain = name = " ".join(dict.fromkeys(words))
    edition = 2
    while name in names:
        name, edition = f"{plain} {edition}", edition + 1
    names.add(name)
    return name


def _features(rng: Random, kind: Kind) -> tuple[str, ...]:
    return tuple(feature for feature in kind.features if rng.random() < 0.5)


def _description(rng: Random, theme: Theme) -> str:
    # Words of other themes among them: real descriptions are not pure either.
    words = [_pick(rng, theme.words) for _ in range(7)]
    words += [_pick(rng, _pick(rng, _pick(rng, KINDS).themes).words) for _ in range(7)]
    sentences: list[str] = []
    for _ in range(3):
        filled = [_pick(rng, words) for _ in range(4)]
        sentences.append(_pick(rng, SENTENCES).format(*filled))
    return " ".join(sentence[:1].upper() + sentence[1:] for sentence in sentences)


def _pick(rng: Random, options: Sequence[T]) -> T:
    # Of all of Random's methods only random() promises the same numbers in every version.
    return options[int(rng.random() * len(options))]
