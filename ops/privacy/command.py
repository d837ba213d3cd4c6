"""`kindred forget`: remove what is kept of a unit, wherever it is, and prove it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kindred.experiments.unit_ids import LONGEST_UNIT
from ops.deployed_stage import DeployedStage, NotDeployed, stages_of
from ops.privacy.passes import Forgetting, Look, NotForgotten, Seen, go_through
from ops.privacy.report import STREAM_DAYS, Report, as_table, looked, report
from ops.terminal import MESSAGES, RESULTS, failed, give

app = typer.Typer()
# A pass may take all the time that a function has; a second attempt beside it would be in its way.
_PATIENT = Config(read_timeout=910, retries={"total_max_attempts": 1})


@app.command()
def forget(
    unit: Annotated[
        str,
        typer.Argument(
            help="As the experiment knows it; of find-similar and predict PARTNER:APP. With - it "
            "is read from standard input, and stays out of the shell's history."
        ),
    ],
    environment: Annotated[str, typer.Option(help="A deployed environment, such as dev.")],
    look: Annotated[
        bool, typer.Option("--look", help="Only tell what is there, and remove nothing.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="A file for the report, which names nobody.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Remove a unit from every store of every region, then look through all of them again.

    The report is kept in the bucket of logs. Status 0 only when the second look found nothing. What
    backups hold ends with their retention; what was restored from one is to be forgotten again.
    """
    known = _unit(unit)
    try:
        document = _forgotten(environment, known, look=look)
    except (BotoCoreError, ClientError, NotDeployed, NotForgotten) as error:
        raise failed(str(error)) from error
    _give(document, output, as_json=as_json)
    if document["unanswered"]:
        silent = ", ".join(document["unanswered"])
        raise failed(f"not gone through to the end: {silent}; run this again when it answers")
    if not document["clean"]:
        raise failed("there is something left; the notes say what takes a person's hand")


def _unit(given: str) -> str:
    unit = sys.stdin.readline().rstrip("\n") if given == "-" else given
    if not 1 <= len(unit) <= LONGEST_UNIT:
        raise typer.BadParameter(f"given {len(unit)} characters, allowed 1 to {LONGEST_UNIT}")
    return unit


def _forgotten(environment: str, unit: str, *, look: bool) -> Report:
    """Raises NotDeployed, NotForgotten where no region tells of a store, and errors of boto3."""
    stages = stages_of(environment)
    regions = {str(each.region): partial(_forgetting, each) for each in stages}
    first = go_through(regions, unit, remove=not look, told=_tell)
    _tell_why(first)
    if not first.seen:
        raise NotForgotten(f"no region answers: {', '.join(regions)}")
    if look:
        return looked(environment, first, at=datetime.now(UTC))
    MESSAGES.print("looking again")
    answering = {name: regions[name] for name in regions if name not in first.unanswered}
    after = go_through(answering, unit, remove=False, told=lambda _: None)
    _tell_why(after)
    document = report(environment, removed=first, after=after, at=datetime.now(UTC))
    silent = document["unanswered"]
    # Of those that answer the one that is no standby.
    _keep(min(stages, key=lambda each: (each.region in silent, each.before)), document)
    return document


def _forgetting(stage: DeployedStage) -> Forgetting:
    return Forgetting(
        client=boto3.client("lambda", region_name=stage.region, config=_PATIENT),
        functions=tuple(
            stage.output("PrivacyStack", f"{name}FunctionName")
            for name in ("ForgetRecords", "ForgetInside")
        ),
    )


def _tell(seen: Seen) -> None:
    told = f"{seen.region}, {seen.store}: {seen.found:,} of {seen.looked_at:,}"
    MESSAGES.print(told, highlight=False)


def _tell_why(look: Look) -> None:
    """Not in the report, which is kept: an error of AWS may name anybody."""
    for region, reason in look.unanswered.items():
        MESSAGES.print(f"{region}: {reason}", markup=False, highlight=False, soft_wrap=True)


def _keep(stage: DeployedStage, document: Report) -> None:
    """Beside the logs, for as long as those: that somebody was forgotten, and not who."""
    boto3.client("s3", region_name=stage.region).put_object(
        Bucket=stage.output("DataStack", "LogsBucketName"),
        Key=f"forgotten/{document['at'][:10]}/{document['report']}.json",
        Body=json.dumps(document, indent=2).encode(),
        ContentType="application/json",
    )


def _give(document: Report, output: Path | None, *, as_json: bool) -> None:
    if output:
        output.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    give(document, as_table(document), as_json=as_json)
    if as_json:
        return
    for store in document["stores"]:
        for note in store["notes"]:
            where = f"{store['region']}, {store['store']}"
            RESULTS.print(f"{where}: {note}", markup=False, soft_wrap=True)
    if "again_after" in document:
        RESULTS.print(
            f"the stream keeps events for {STREAM_DAYS} days, and gives none back: "
            f"run this again after {document['again_after']}",
            soft_wrap=True,
        )
