"""`kindred forget`: remove what is kept of a unit, wherever it is, and prove it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kindred.experiments.unit_ids import LONGEST_UNIT
from ops.deployed_stage import DeployedStage, NotDeployed, stage_of
from ops.privacy.passes import Forgetting, NotForgotten, Seen
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
    region: Annotated[
        str | None, typer.Option(help="Of the environment's regions, where it has several.")
    ] = None,
    look: Annotated[
        bool, typer.Option("--look", help="Only tell what is there, and remove nothing.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="A file for the report, which names nobody.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Remove a unit from every store, then look through all of them again.

    The report is kept in the bucket of logs. Status 0 only when the second look found nothing. What
    backups hold ends with their retention; what was restored from one is to be forgotten again.
    """
    known = _unit(unit)
    try:
        stage = stage_of(environment, region=region)
        forgetting = _forgetting(stage)
        seen = forgetting.go_through(known, remove=not look, told=_tell)
        now = datetime.now(UTC)
        if look:
            document = looked(environment, seen, at=now)
        else:
            MESSAGES.print("looking again")
            after = forgetting.go_through(known, remove=False, told=lambda _: None)
            document = report(environment, removed=seen, after=after, at=now)
            _keep(stage, document)
    except (BotoCoreError, ClientError, NotDeployed, NotForgotten) as error:
        raise failed(str(error)) from error
    _give(document, output, as_json=as_json)
    if not document["clean"]:
        raise failed("there is something left; the notes say what takes a person's hand")


def _unit(given: str) -> str:
    unit = sys.stdin.readline().rstrip("\n") if given == "-" else given
    if not 1 <= len(unit) <= LONGEST_UNIT:
        raise typer.BadParameter(f"given {len(unit)} characters, allowed 1 to {LONGEST_UNIT}")
    return unit


def _forgetting(stage: DeployedStage) -> Forgetting:
    return Forgetting(
        client=boto3.client("lambda", region_name=stage.region, config=_PATIENT),
        functions=tuple(
            stage.output("PrivacyStack", f"{name}FunctionName")
            for name in ("ForgetRecords", "ForgetInside")
        ),
    )


def _tell(seen: Seen) -> None:
    MESSAGES.print(f"{seen.store}: {seen.found:,} of {seen.looked_at:,}", highlight=False)


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
            RESULTS.print(f"{store['store']}: {note}", markup=False, soft_wrap=True)
    if "again_after" in document:
        RESULTS.print(
            f"the stream keeps events for {STREAM_DAYS} days, and gives none back: "
            f"run this again after {document['again_after']}",
            soft_wrap=True,
        )
