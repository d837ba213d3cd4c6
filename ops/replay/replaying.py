"""A replay from the file to the decision: create, start, send, wait, compare."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ops.catalogue.rows import BadRow
from ops.replay.api import ReplayApi
from ops.replay.data_sets import DataSet, Visit, read_visits
from ops.replay.direct_count import DirectCount, count_directly
from ops.replay.sending import Sent, send
from ops.replay.visit_events import visit_events


class Steps(Protocol):
    """Shows how far each step has come."""

    def step(self, name: str, *, total: int) -> Callable[[int], None]:
        """Begin a step of `total`; what it gives advances it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    data_set: DataSet
    path: Path
    experiment: str
    rows: int | None

    def visits(self, bad: list[BadRow] | None = None) -> Iterator[Visit]:
        """Bad rows are left out, and put into `bad` where it is given."""
        for read in read_visits(
            self.data_set, self.path, experiment=self.experiment, limit=self.rows
        ):
            if isinstance(read, Visit):
                yield read
            elif bad is not None:
                bad.append(read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """An experiment's numbers by name, of the file and of the platform, and its decision."""

    experiment: str
    of_file: Mapping[str, float]
    of_platform: Mapping[str, float]
    repeated: int
    decision: Mapping[str, Any]

    @property
    def differing(self) -> tuple[str, ...]:
        names = sorted(self.of_file.keys() | self.of_platform.keys())
        return tuple(
            name
            for name in names
            if abs(self.of_file.get(name, 0) - self.of_platform.get(name, 0)) > _ROUNDING
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    compared: tuple[Compared, ...]
    bad_rows: tuple[BadRow, ...]
    sent: Sent
    seconds: float

    @property
    def agrees(self) -> bool:
        return not self.sent.rejected and not any(each.differing for each in self.compared)


# Units and whole values are compared to the unit; sums of decimals end in a float.
_ROUNDING = 1e-6
# Counts that agree may still grow: what came twice may lie on the stream, uncounted yet.
_STEADY_SECONDS = 4.0


async def replay(
    api: ReplayApi,
    source: Source,
    *,
    in_flight: int,
    settle_seconds: float,
    steps: Steps,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Replayed:
    """Raises PlatformRefused, and UnreadableFile before anything is sent."""
    began = clock()
    bad: list[BadRow] = []
    direct = count_directly(source.visits(bad))
    advance = steps.step("experiments", total=len(direct))
    for key in direct:
        await api.run_experiment(source.data_set.definition(key))
        advance(1)
    events = (event for visit in source.visits() for event in visit_events(visit))
    total = sum(each.events for each in direct.values())
    sent = await send(
        api,
        events,
        in_flight=in_flight,
        progress=steps.step("sending events", total=total),
        sleep=sleep,
    )
    advance = steps.step(
        "counting units", total=sum(_units(each.lines()) for each in direct.values())
    )
    compared = []
    for key, count in direct.items():
        compared.append(
            await _settled(api, key, count, advance, settle_seconds, sleep=sleep, clock=clock)
        )
    return Replayed(
        compared=tuple(compared), bad_rows=tuple(bad), sent=sent, seconds=clock() - began
    )


async def _settled(
    api: ReplayApi,
    key: str,
    direct: DirectCount,
    advance: Callable[[int], None],
    settle_seconds: float,
    *,
    sleep: Callable[[float], Awaitable[None]],
    clock: Callable[[], float],
) -> Compared:
    """Once the counts agree and stay so, or have stood still for `settle_seconds`."""
    before, changed_at, shown = None, clock(), 0
    while True:
        results = await api.results(key)
        compared = Compared(
            experiment=key,
            of_file=direct.lines(),
            of_platform=_lines(results),
            repeated=len(direct.repeated),
            decision=results["decision"],
        )
        units = _units(compared.of_platform)
        advance(units - shown)
        shown = units
        if compared.of_platform != before:
            before, changed_at = compared.of_platform, clock()
        steady = min(settle_seconds, _STEADY_SECONDS)
        patience = settle_seconds if compared.differing else steady
        if clock() - changed_at >= patience:
            return compared
        await sleep(1.0)


def _lines(results: Mapping[str, Any]) -> dict[str, float]:
    """The platform's numbers under the names that `DirectCount.lines` gives."""
    found: dict[str, float] = {"mismatched units": results["quality"].get("mismatched", 0)}
    for variation, counted in results["counts"].items():
        found[f"{variation} units"] = counted["units"]
        for metric, tally in counted["metrics"].items():
            if tally["events"]:
                found[f"{variation} {metric} units"] = tally["units"]
                found[f"{variation} {metric} total"] = tally["total"]
    return dict(sorted(found.items()))


def _units(lines: Mapping[str, float]) -> int:
    return int(sum(value for name, value in lines.items() if name.endswith(" units")))
