"""Why an app is near, in plain words."""

from dataclasses import dataclass
from typing import Literal

from kindred.similarity.app import AppMetadata
from kindred.similarity.artefact import Artefact
from kindred.similarity.embedding import text_terms
from kindred.similarity.words import fold

_TERMS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """`weight` is a share term's part of the text's cosine, 0 to 1; one for plain facts."""

    kind: Literal["category", "pricing", "region", "feature", "term"]
    text: str
    value: str
    weight: float = 1.0


def explain(artefact: Artefact, query: AppMetadata, row: int) -> tuple[Reason, ...]:
    """What the two apps share; the strongest words they share."""
    other = artefact.catalogue.app(row).metadata
    reasons: list[Reason] = []
    if other.category is not None and query.category == other.category:
        reasons.append(
            Reason(kind="category", value=other.category, text=f"both are in {other.category}")
        )
    if other.pricing is not None and query.pricing == other.pricing:
        reasons.append(
            Reason(kind="pricing", value=other.pricing, text=f"both are {other.pricing}")
        )
    if other.region is not None and query.region == other.region:
        reasons.append(
            Reason(kind="region", value=other.region, text=f"both are for {other.region}")
        )
    shared = {fold(feature) for feature in query.features}
    reasons += [
        Reason(kind="feature", value=feature, text=f"both have {feature}")
        for feature in other.features
        if fold(feature) in shared
    ]
    return (*reasons, *_shared_terms(artefact, query, other))


def _shared_terms(artefact: Artefact, query: AppMetadata, other: AppMetadata) -> list[Reason]:
    text = artefact.model.text
    version = artefact.model.version
    one, two = (
        dict(zip(*(part.tolist() for part in text.sparse(text_terms(app, version))), strict=True))
        for app in (query, other)
    )
    products = {row: one[row] * two[row] for row in one.keys() & two.keys()}
    strongest = sorted(products.items(), key=lambda item: (-item[1], item[0]))[:_TERMS_SHOWN]
    return [
        Reason(
            kind="term",
            value=text.terms[row],
            weight=round(product, 4),
            text=f"both speak of “{text.terms[row]}”",
        )
        for row, product in strongest
    ]
