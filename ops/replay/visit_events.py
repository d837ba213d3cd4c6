"""A visit as events of the tracking API, under ids that a second replay gives them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

from ops.replay.data_sets import Visit

_NAMESPACE = UUID("6d0f8c1e-4f3b-5d55-9a54-0f6f2f6f7a10")


def visit_events(visit: Visit) -> Iterator[dict[str, Any]]:
    envelope = {
        "occurred_at": visit.at.isoformat(),
        "unit_id": visit.unit_id,
        "experiment_id": visit.experiment,
        "variation": visit.variation,
        **({"served": visit.served} if visit.served else {}),
    }
    yield {"type": "exposure", "event_id": _event_id(visit, "exposure"), **envelope}
    for metric, value in visit.values:
        yield {
            "type": "conversion",
            "event_id": _event_id(visit, metric),
            "metric": metric,
            "value": value,
            **envelope,
        }


def _event_id(visit: Visit, kind: str) -> str:
    # Lengths first: no unit's name can be taken for the end of another's.
    parts = (visit.experiment, str(visit.row), visit.unit_id, kind)
    return str(uuid5(_NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))
