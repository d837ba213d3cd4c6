"""`kindred letters`: what waits in the queues of dead letters, and its way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.markup import escape
from rich.table import Table

from kindred_aws.event_stream import EventStream
from kindred_aws.letter_queue import LetterQueue
from kindred_aws.shard_records import ShardRecords
from ops.deployed_stage import NotDeployed
from ops.letters.looking import as_table, look
from ops.letters.origins import Origins
from ops.letters.queues import LetterQueues, Queue, queues_of
from ops.letters.redriving import MOST_LETTERS, Outcome, Redrive
from ops.terminal import MESSAGES, failed, give, progress_bars

app = typer.Typer(
    help="See what could not be handled, and bring it back to where it came from.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Option("--environment", help="A deployed environment, such as dev.")]
Region = Annotated[
    str | None,
    typer.Option(
        help="Of the environment's regions, where it has several; or the one that stands by."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command("list")
def list_letters(environment: Name, region: Region = None, as_json: Json = False) -> None:
    """Each queue: how many letters, since when, and why; nothing is taken out.

    Whoever receives from a queue at the same time may miss letters for that long.
    """
    try:
        queues = queues_of(environment, region=region)
        found = [{"queue": str(name), **look(_letter_queue(queues, name))} for name in queues.names]
    except (BotoCoreError, ClientError, NotDeployed) as error:
        raise failed(str(error)) from error
    give({"environment": environment, "queues": found}, as_table(found), as_json=as_json)


@app.command("redrive")
def redrive(
    queue: Annotated[Queue, typer.Argument(help="As `kindred letters list` calls it.")],
    environment: Name,
    region: Region = None,
    reason: Annotated[
        str | None,
        typer.Option(help="Only letters whose reason holds this text, as `list` prints it."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_LETTERS, help="At most so many.")] = (
        MOST_LETTERS
    ),
    only_look: Annotated[
        bool, typer.Option("--look", help="Only tell what would go where, and leave all as it is.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring letters back: events to the stream, starts to their functions, notices to their topics.

    A letter is removed once its content has been accepted there. What cannot go back stays in the
    queue, and the status is 1. The command may be killed and given again: an event counts once.
    """
    try:
        queues = queues_of(environment, region=region)
        run = Redrive(
            queue=_letter_queue(queues, queue),
            origins=_origins(queues),
            reason=reason,
            limit=limit,
            look=only_look,
        )
        with progress_bars(quiet=as_json) as bars:
            bar = bars.add_task(str(queue), total=None)
            outcomes, all_seen = run.run(
                lambda done, total: bars.update(bar, completed=done, total=total)
            )
    except (BotoCoreError, ClientError, NotDeployed) as error:
        raise failed(str(error)) from error
    left = sum(each.why_not is not None for each in outcomes)
    document = {
        "environment": environment,
        "queue": str(queue),
        "looked_only": only_look,
        "brought_back": 0 if only_look else len(outcomes) - left,
        "left": left,
        "all_seen": all_seen,
        "letters": [asdict(each) for each in outcomes],
    }
    give(document, _table(outcomes, look=only_look), as_json=as_json)
    if not outcomes:
        MESSAGES.print(f"no such letter lies in the queue {queue}")
    if not all_seen:
        MESSAGES.print("there may be more of them: give the command again")
    if left:
        raise failed(f"{left:,} of {len(outcomes):,} letters stay in the queue {queue}")


def _letter_queue(queues: LetterQueues, name: Queue) -> LetterQueue:
    client = boto3.client("sqs", region_name=queues.stage.region)
    return LetterQueue(client, queue_url=queues.url(name))


def _origins(queues: LetterQueues) -> Origins:
    region, stream_name = queues.stage.region, queues.stream_name
    kinesis = boto3.client("kinesis", region_name=region)
    return Origins(
        stream=EventStream(kinesis, stream_name=stream_name),
        stream_name=stream_name,
        shards=ShardRecords(kinesis),
        functions=boto3.client("lambda", region_name=region),
        topics=boto3.client("sns", region_name=region),
    )


def _table(outcomes: Sequence[Outcome], *, look: bool) -> Table:
    table = Table("letters", "to", "would go" if look else "went", box=None)
    for (to, why_not), letters in Counter((each.to, each.why_not) for each in outcomes).items():
        table.add_row(f"{letters:,}", escape(to), escape(f"no: {why_not}" if why_not else "yes"))
    return table
