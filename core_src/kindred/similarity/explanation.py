"""Why an app is near, in plain words."""

import math
from dataclasses import dataclass
from typing import Literal

from kindred.similarity.app import AppMetadata
from kindred.similarity.artefact import Artefact
from kindred.similarity.embedding import text_terms
from kindred.similarity.words import fold

_WORDS_SHOWN = 5
_TELLING = 1 + math.log(20)  # the weight of a word that one app in twenty has


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """`words` are the strongest shared ones, each with its part of the texts' cosine."""

    kind: Literal["category", "pricing", "region", "feature", "words"]
    text: str
    words: tuple[tuple[str, float], ...] = ()


def explain(artefact: Artefact, query: AppMetadata, row: int) -> tuple[Reason, ...]:
    """What the query and the app of a row share, of all that the model reads."""
    other = artefact.catalogue.app(row).metadata
    reasons: list[Reason] = []
    if other.category is not None and query.category == other.category:
        reasons.append(Reason(kind="category", text=f"same category: {other.category}"))
    if other.pricing is not None and query.pricing == other.pricing:
        reasons.append(Reason(kind="pricing", text=f"same pricing: {other.pricing}"))
    if other.region is not None and query.region == other.region:
        reasons.append(Reason(kind="region", text=f"same region: {other.region}"))
    wanted = {fold(feature) for feature in query.features}
    reasons += [
        Reason(kind="feature", text=f"shared feature: {feature}")
        for feature in other.features
        if fold(feature) in wanted
    ]
    words = _shared_words(artefact, query, other)
    if words:
        listed = ", ".join(word for word, _ in words)
        reasons.append(Reason(kind="words", text=f"shared words: {listed}", words=words))
    return tuple(reasons)


def _shared_words(
    artefact: Artefact, query: AppMetadata, other: AppMetadata
) -> tuple[tuple[str, float], ...]:
    """Words that many apps have are left out, unless the two share no other."""
    text, version = artefact.model.text, artefact.model.version
    one, two = (
        dict(zip(*(part.tolist() for part in text.sparse(text_terms(app, version))), strict=True))
        for app in (query, other)
    )
    products = {row: one[row] * two[row] for row in one.keys() & two.keys()}
    telling = {row: part for row, part in products.items() if text.weights[row] >= _TELLING}
    strongest = sorted((telling or products).items(), key=lambda item: (-item[1], item[0]))
    return tuple((text.terms[row], round(part, 4)) for row, part in strongest[:_WORDS_SHOWN])
