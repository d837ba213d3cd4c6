"""Interactions by a stated click model, whose taste is not what v2 weighs.

Who looks at a list examines rank r with probability 1 / r. An examined app is clicked by a logistic
model of what it shares with the query: pricing, features and category, far more than words, which
are most of what v2 goes by. A random clicker clicks three examined apps in ten, whatever they are.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kindred.similarity.app import AppMetadata
from kindred.similarity.artefact import Artefact
from kindred.similarity.manifest import MANIFEST, Manifest

_RANDOM = 0.3  # of examined apps that a random clicker clicks
_START = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """Log odds of a click on an examined app."""

    same_pricing: float = 3.0
    shared_features: float = 6.0  # times the share of all their features that two apps have alike
    same_category: float = 2.0
    otherwise: float = -8.5

    def probability(self, query: AppMetadata, app: AppMetadata) -> float:
        one, other = set(query.features), set(app.features)
        odds = self.otherwise
        odds += self.same_pricing * (query.pricing == app.pricing)
        odds += self.shared_features * len(one & other) / max(1, len(one | other))
        odds += self.same_category * (query.category == app.category)
        return float(1 / (1 + np.exp(-odds)))


def simulate_clicks(
    artefact: Artefact,
    rankings: Sequence[npt.NDArray[np.float32]],
    *,
    requests: int,
    ranks: int,
    taste: Taste | None,
    seed: int,
) -> Iterator[dict[str, Any]]:
    """Rows of interactions, for queries that are apps of the catalogue drawn at random.

    `rankings` are the vectors by which lists are made, in turn; `taste` None clicks at random.
    """
    rng = np.random.default_rng(seed)
    catalogue = artefact.catalogue
    apps = [catalogue.app(row).metadata for row in range(len(catalogue))]
    ids = [catalogue.app_id(row) for row in range(len(catalogue))]
    ranks = min(ranks, len(apps) - 1)
    for number, row in enumerate(rng.integers(0, len(apps), requests)):
        shown = _nearest(rankings[number % len(rankings)], int(row), ranks)
        wanted = np.array(
            [_RANDOM if taste is None else taste.probability(apps[row], apps[at]) for at in shown]
        )
        clicked = rng.random(ranks) < wanted / np.arange(1, ranks + 1)
        yield {
            "request_id": f"{seed}-{number:06d}",
            "occurred_at": (_START + timedelta(seconds=int(number))).isoformat(),
            "model_version": artefact.manifest.model_version,
            "query": asdict(apps[row]) | {"features": list(apps[row].features)},
            "query_app_id": ids[row],
            "shown": [ids[at] for at in shown],
            "clicked": [ids[at] for at, was in zip(shown, clicked, strict=True) if was],
            "historical_ctr": {},
        }


def lay_out_job(
    root: Path, fitted: Path, rows: Iterable[dict[str, Any]], *, serving: Path | None = None
) -> None:
    """The folder that SageMaker would lay out for a training job, channels filled.

    What serves is v2 itself, where no other artefact is given.
    """
    for channel, artefact in (("embeddings", fitted), ("serving", serving or fitted)):
        publish_into(root / "input" / "data" / channel, artefact)
    interactions = root / "input" / "data" / "interactions"
    interactions.mkdir(parents=True)
    with (interactions / "part-0.jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def publish_into(channel: Path, artefact: Path) -> None:
    """An artefact's files as the store keeps them."""
    manifest = Manifest.from_json((artefact / MANIFEST).read_bytes())
    for name, file in manifest.files.items():
        target = channel / file.sha256[:12] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(artefact / name, target)
    shutil.copyfile(artefact / MANIFEST, channel / MANIFEST)


def _nearest(vectors: npt.NDArray[np.float32], row: int, count: int) -> npt.NDArray[np.int64]:
    scores = vectors @ vectors[row]
    scores[row] = -np.inf
    nearest = np.argpartition(-scores, count - 1)[:count]
    order = np.lexsort((nearest, -scores[nearest]))
    return nearest[order]
