"""`kindred experiment replay`: a real experiment, through the platform, to its decision."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from ops.catalogue.rows import BadRow, UnreadableFile
from ops.local.commands import STATE
from ops.local.operator_credentials import PlatformNotRunning
from ops.local.running_platform import running_platform
from ops.local.users import NoSuchUser
from ops.replay.api import Access, PlatformRefused, ReplayApi
from ops.replay.data_sets import DATA_SETS
from ops.replay.replaying import Compared, Replayed, Source, replay
from ops.terminal import MESSAGES, RESULTS, failed, progress_bars

SHOWN_BAD_ROWS = 10


def replay_command(
    data_set: Annotated[str, typer.Argument(help=f"One of {', '.join(DATA_SETS)}.")],
    file: Annotated[
        Path | None, typer.Option(help="CSV or CSV.gz; without it, the shared data's.")
    ] = None,
    experiment: Annotated[
        str | None, typer.Option(help="The experiment's key; another one counts anew.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only so many of the first rows.")
    ] = None,
    in_flight: Annotated[int, typer.Option(min=1, max=64, help="Calls at once.")] = 4,
    settle_seconds: Annotated[
        float, typer.Option(min=1, help="Give up when counts differ and stand still so long.")
    ] = 90,
    api_url: Annotated[str | None, typer.Option(help="Of a platform elsewhere.")] = None,
    api_key: Annotated[str | None, typer.Option(envvar="KINDRED_API_KEY")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="KINDRED_TOKEN", help="Of an experimenter there.")
    ] = None,
    state_dir: Annotated[Path, typer.Option(envvar="KINDRED_STATE_DIR")] = STATE,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Send a data set as exposures and conversions, and compare the counts with the file's own.

    It can be interrupted and run again: events keep their ids, and none counts twice. Exit status
    1 when a number differs from a direct count of the file.
    """
    if data_set not in DATA_SETS:
        raise typer.BadParameter(f"given {data_set}, allowed {', '.join(DATA_SETS)}")
    known = DATA_SETS[data_set]
    source = Source(
        data_set=known,
        path=file or known.path,
        experiment=experiment or known.experiment,
        rows=limit or known.rows,
    )
    try:
        access = _access(api_url, api_key, token, state_dir)
        replayed = asyncio.run(_replay(access, source, in_flight, settle_seconds))
    except KeyboardInterrupt:
        raise failed("interrupted; the same command goes on, and counts nothing twice") from None
    except (PlatformRefused, UnreadableFile, PlatformNotRunning, NoSuchUser) as error:
        raise failed(str(error)) from error
    if as_json:
        RESULTS.print_json(data=_document(replayed))
    else:
        _print(replayed)
    if not replayed.agrees:
        raise failed("the platform's counts are not those of the file")


def _access(api_url: str | None, api_key: str | None, token: str | None, state: Path) -> Access:
    given = (api_url, api_key, token)
    if not any(given):
        here = running_platform(state)
        return Access(
            api_url=here.api_url, api_key=here.api_key, token=lambda: here.token("experimenter")
        )
    if api_url is None or api_key is None or token is None:
        raise typer.BadParameter("--api-url, --api-key and --token are given together or not")
    return Access(api_url=f"{api_url.rstrip('/')}/", api_key=api_key, token=lambda: token)


class _Bars:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def step(self, name: str, *, total: int) -> Callable[[int], None]:
        task = self._progress.add_task(name, total=total)
        return lambda more: self._progress.advance(task, more)


async def _replay(
    access: Access, source: Source, in_flight: int, settle_seconds: float
) -> Replayed:
    with progress_bars(quiet=False) as progress:
        async with ReplayApi(access) as api:
            return await replay(
                api,
                source,
                in_flight=in_flight,
                settle_seconds=settle_seconds,
                steps=_Bars(progress),
            )


def _print(replayed: Replayed) -> None:
    for row in replayed.bad_rows[:SHOWN_BAD_ROWS]:
        MESSAGES.print(f"skipped {_shown(row)}", markup=False)
    if len(replayed.bad_rows) > SHOWN_BAD_ROWS:
        MESSAGES.print(f"skipped {len(replayed.bad_rows) - SHOWN_BAD_ROWS} more rows")
    for reason, count in replayed.sent.rejected.most_common(SHOWN_BAD_ROWS):
        MESSAGES.print(f"{count} events rejected: {reason}", markup=False)
    for each in replayed.compared:
        RESULTS.print(_table(each))
        winner = f": {each.decision['winner']}" if each.decision.get("winner") else ""
        RESULTS.print(f"decision: {each.decision['outcome']}{winner}", markup=False)
        for reason in each.decision["reasons"]:
            RESULTS.print(f"  {reason}", markup=False)
    RESULTS.print(
        f"{replayed.sent.accepted:,} events in {replayed.seconds:,.0f} s; "
        f"{len(replayed.bad_rows)} bad rows skipped"
    )


def _table(each: Compared) -> Table:
    table = Table("", "file", "platform", "", title=each.experiment, title_justify="left", box=None)
    differing = set(each.differing)
    for name in sorted(each.of_file.keys() | each.of_platform.keys()):
        numbers = (each.of_file.get(name, 0), each.of_platform.get(name, 0))
        verdict = "[red]differs[/]" if name in differing else "equal"
        table.add_row(name, *(f"{number:,.10g}" for number in numbers), verdict)
    table.add_row("repeated units, counted once", f"{each.repeated:,}", "", "")
    for column in table.columns[1:3]:
        column.justify = "right"
    return table


def _document(replayed: Replayed) -> dict[str, Any]:
    return {
        "agrees": replayed.agrees,
        "events_accepted": replayed.sent.accepted,
        "events_rejected": dict(replayed.sent.rejected),
        "seconds": round(replayed.seconds, 1),
        "bad_rows": [_shown(row) for row in replayed.bad_rows],
        "experiments": {
            each.experiment: {
                "file": dict(each.of_file),
                "platform": dict(each.of_platform),
                "differing": list(each.differing),
                "repeated_units": each.repeated,
                "decision": dict(each.decision),
            }
            for each in replayed.compared
        },
    }


def _shown(row: BadRow) -> str:
    # The header is the file's first line.
    return f"line {row.number + 1}: {row.field}: given {row.given!r}, allowed {row.allowed}"
