"""What requests are answered from: swapped whole, never changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from experiments_service.intake import Intake, intake_of
from experiments_service.publication.copies import Copy
from kindred.experiments.definitions import Definitions, Experiment
from kindred.experiments.engine.snapshot import Snapshot, compile_snapshot
from kindred.experiments.payload import assigns, build_payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """`features` is the body that GrowthBook SDKs read; `sticky_attributes` are those by which a
    running experiment remembers its units; `next_change` is when time alone brings
    about another payload.
    """

    copy: Copy
    snapshot: Snapshot
    experiments: Mapping[str, Experiment]
    intakes: Mapping[str, Intake]
    disabled: frozenset[str]
    sticky_attributes: frozenset[str]
    features: bytes
    next_change: datetime | None

    @property
    def revision(self) -> int:
        return self.copy.revision


def compile_copy(copy: Copy, *, now: datetime, held: Published | None) -> Published:
    """Raises InvalidPayload. An unchanged payload keeps the snapshot that is `held`."""
    definitions = copy.definitions
    payload = build_payload(definitions, now=now)
    unchanged = held is not None and held.snapshot.payload == payload
    snapshot = held.snapshot if held and unchanged else compile_snapshot(payload)
    return Published(
        copy=copy,
        snapshot=snapshot,
        experiments={experiment.key: experiment for experiment in definitions.experiments},
        intakes={each.key: intake_of(each) for each in definitions.experiments},
        disabled=frozenset(flag.key for flag in definitions.flags if not flag.enabled),
        sticky_attributes=frozenset(_sticky_attributes(definitions, now)),
        features=held.features if held and unchanged else _features(snapshot),
        next_change=min((at for at in _boundaries(definitions) if at > now), default=None),
    )


def _features(snapshot: Snapshot) -> bytes:
    return json.dumps({"status": 200, **snapshot.payload}, separators=(",", ":")).encode()


def _sticky_attributes(definitions: Definitions, now: datetime) -> Iterable[str]:
    for experiment in definitions.experiments:
        if experiment.sticky and assigns(experiment, now):
            yield experiment.hash_attribute
            if experiment.fallback_attribute is not None:
                yield experiment.fallback_attribute


def _boundaries(definitions: Definitions) -> Iterable[datetime]:
    for experiment in definitions.experiments:
        yield from (at for at in (experiment.starts_at, experiment.ends_at) if at is not None)
