"""What drift is measured against, as it is kept: a window's distributions and prediction error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from kindred.drift.detection import PredictionError
from kindred.drift.distributions import Distributions


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`source` says in words what it was taken from; `error` is None until one was measured."""

    source: str
    distributions: Distributions
    error: PredictionError | None = None

    def to_json(self) -> str:
        measures = {
            feature: [[value, count] for value, count in sorted(counts.items())]
            for feature, counts in self.distributions.measures.items()
        }
        error = self.error
        document = {
            "source": self.source,
            "categories": {
                name: dict(each) for name, each in self.distributions.categories.items()
            },
            "measures": measures,
            "error": {"mae": error.mae, "outcomes": error.outcomes} if error else None,
        }
        return json.dumps(document, sort_keys=True, ensure_ascii=False)


def reference_from_json(text: str | bytes) -> Reference:
    """Raises ValueError for anything but what `to_json` writes."""
    try:
        document: dict[str, Any] = json.loads(text)
        error = document["error"]
        return Reference(
            source=document["source"],
            distributions=Distributions(
                categories=document["categories"],
                measures={
                    feature: {float(value): int(count) for value, count in pairs}
                    for feature, pairs in document["measures"].items()
                },
            ),
            error=PredictionError(**error) if error else None,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"given no reference of drift: {error}") from error
