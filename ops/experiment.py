"""`kindred experiment`: see and set the experiment between the embedding models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table

from kindred.experiments.embedding_experiment import InvalidExperiment, Status
from kindred.similarity.versions import ALLOWED, is_version
from ops.deployed_stage import NotDeployed, stage_of
from ops.experiment_record import (
    EXPERIMENT_ID,
    Change,
    ExperimentChanged,
    Record,
    changed,
    checked,
    read_record,
    write_record,
    written,
)
from ops.replay.command import replay_command
from ops.terminal import failed, give, plain_table

app = typer.Typer(
    help="See and set the experiment between the two embedding models.\n\n"
    "Exit statuses: 0 done; 1 not done, and the message says why; 2 the command itself was wrong.",
    no_args_is_help=True,
)

app.command("replay")(replay_command)


def _decimal(given: str) -> Decimal:
    try:
        number = Decimal(given)
    except InvalidOperation:
        number = Decimal("nan")
    # Beyond it nothing is a share; and neither infinity nor NaN can be rounded.
    if not number.is_finite() or abs(number) > 1:
        raise typer.BadParameter(f"given {given}, allowed 0 to 1 in steps of 0.01")
    return number


def _arm(given: str) -> str:
    if not is_version(given):
        raise typer.BadParameter(f"given {given}, allowed {ALLOWED}")
    return given


Environment = Annotated[str, typer.Option(help="A deployed environment, such as dev.")]
Region = Annotated[
    str | None, typer.Option(help="Of the environment's regions, where it has several.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program to read.")]
Weight = Annotated[
    Decimal | None,
    typer.Option(
        parser=_decimal, metavar="SHARE", help="Of units on the control: 0 to 1, by 0.01."
    ),
]


@app.command()
def show(environment: Environment, region: Region = None, as_json: AsJson = False) -> None:
    """The experiment's record; status 1 when there is none, or services cannot obey it."""
    with _answering():
        client, table = _table(environment, region)
        record = read_record(client, table=table)
        if record is None:
            raise failed(
                f"there is no record {EXPERIMENT_ID}: everybody gets v1; "
                f"`kindred experiment set --environment {environment}` starts the experiment"
            )
        _give(record, as_json=as_json)
        checked(record)


@app.command("set")
def set_command(
    environment: Environment,
    region: Region = None,
    control_weight: Weight = None,
    status: Annotated[
        Status | None,
        typer.Option(
            help="active: by weight, and remembered; completed: the winner for everybody; "
            "stopped: the control for everybody."
        ),
    ] = None,
    winner: Annotated[
        str | None,
        typer.Option(
            parser=_arm,
            metavar="VERSION",
            help="With --status completed: one of the experiment's two models, such as v2.",
        ),
    ] = None,
    revision: Annotated[
        int | None, typer.Option(min=0, help="Only if it still is the one that `show` gave.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given and keep the rest; without a record, start one at half and half.

    Services look for changes every few seconds. A unit that was given an arm keeps it for a day
    while that arm has any weight.
    """
    with _answering():
        client, table = _table(environment, region)
        before = read_record(client, table=table)
        _require_revision(before, revision)
        after = changed(before, Change(status=status, control_weight=control_weight, winner=winner))
        if after is not before:
            write_record(client, table=table, before=before, after=after)
        _give(after, as_json=as_json)


def _table(environment: str, region: str | None) -> tuple[Any, str]:
    stage = stage_of(environment, region=region)
    name = stage.output("DataStack", "ExperimentsTableName")
    return boto3.client("dynamodb", region_name=stage.region), name


def _require_revision(record: Record | None, wanted: int | None) -> None:
    found = record.get("revision", 0) if record else 0
    if wanted is not None and found != wanted:
        raise ExperimentChanged(f"revision: given {wanted}, the experiment is at {found} by now")


def _give(record: Record, *, as_json: bool) -> None:
    first = ("experiment_id", *written(record))
    names = [*(name for name in first if name in record), *sorted(record.keys() - set(first))]
    document = {name: _plain(record[name]) for name in names}
    give(document, _rows(document), as_json=as_json)


def _plain(value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)


def _rows(document: dict[str, Any]) -> Table:
    table = plain_table()
    for name, value in document.items():
        table.add_row(name, str(value))
    return table


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (
        BotoCoreError,
        ClientError,
        ExperimentChanged,
        InvalidExperiment,
        NotDeployed,
    ) as error:
        raise failed(str(error)) from error
