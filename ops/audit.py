"""`kindred audit`: export the audit log, and prove that nobody changed it."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import httpx
import typer
from botocore.exceptions import BotoCoreError, ClientError

from kindred.experiments.audit_chain import AuditSigner, Verdict, verify
from kindred_aws.definition_store import DefinitionStore, UnreadableDefinitions
from ops.http_answers import detail_of
from ops.local.commands import STATE
from ops.local.operator_credentials import PlatformNotRunning
from ops.local.running_platform import RunningPlatform, running_platform
from ops.local.users import NoSuchUser
from ops.terminal import MESSAGES, RESULTS, failed, give, plain_table

PAGE = 500
TIMEOUT_SECONDS = 30.0

app = typer.Typer(
    help="Export the audit log of the experiments service, and prove that nobody changed it.\n\n"
    "Exit statuses: 0 done; 1 not done, or a record is wrong, and the message says which; 2 the "
    "command itself was wrong.",
    no_args_is_help=True,
)

Record = dict[str, Any]
Url = Annotated[
    str | None,
    typer.Option(
        envvar="KINDRED_URL",
        help="Of the API, as far as /api/v1; without it, of the platform on this machine. "
        "KINDRED_TOKEN holds an admin's token, and KINDRED_API_KEY the gateway's key where it asks "
        "for one.",
    ),
]
StateDirectory = Annotated[
    Path, typer.Option("--state-dir", envvar="KINDRED_STATE_DIR", help="Of this machine's.")
]


class Unreadable(Exception):
    """The log cannot be read from where it was asked for."""


@app.command("verify")
def verify_command(
    file: Annotated[
        Path | None, typer.Argument(help="JSON lines, as exported; - is standard input.")
    ] = None,
    url: Url = None,
    secret_id: Annotated[
        str | None,
        typer.Option(
            help="Of the signing secret in Secrets Manager; else AUDIT_HMAC_SECRET, or the secret "
            "of the platform on this machine."
        ),
    ] = None,
    known: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER:SIGNATURE",
            help="What an earlier run gave as the end: proves that nothing was cut off since.",
        ),
    ] = None,
    published_in: Annotated[
        str | None,
        typer.Option(
            metavar="BUCKET",
            help="The bucket of the published definitions, which say how far the log had come: "
            "finds what was cut off without an earlier run. Without it, that of this machine.",
        ),
    ] = None,
    state_dir: StateDirectory = STATE,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Find every record that was changed, removed or moved; status 1 where there is one."""
    with _answering():
        here = running_platform(state_dir) if file is None and url is None else None
        signer = AuditSigner(_secret(secret_id, here))
        # Before the log is read, which may grow meanwhile.
        published = _published(published_in, here)
        records = _from_file(file) if file else _from_api(_log(url, here))
        verdict = verify(records, signer, known=_parsed(known), published=published)
    _give(verdict, as_json=as_json)
    if verdict.faults:
        wrong = len(verdict.faults)
        raise failed(f"the audit log is not as it was written: {wrong} fault{'s' * (wrong > 1)}")


@app.command()
def export(url: Url = None, state_dir: StateDirectory = STATE) -> None:
    """Write the whole log to standard output as JSON lines, oldest record first."""
    with _answering():
        here = running_platform(state_dir) if url is None else None
        count = 0
        for count, record in enumerate(_from_api(_log(url, here)), start=1):  # noqa: B007
            sys.stdout.write(json.dumps(record) + "\n")
        MESSAGES.print(f"{count} records")


@dataclass(frozen=True, slots=True)
class _Log:
    url: str
    token: str
    key: str | None = None


def _log(url: str | None, here: RunningPlatform | None) -> _Log:
    if here is not None:
        return _Log(here.api_url, here.token("admin"))
    assert url is not None
    token = os.environ.get("KINDRED_TOKEN")
    if not token:
        raise Unreadable("KINDRED_TOKEN: not set; an admin's token is needed")
    return _Log(url, token, os.environ.get("KINDRED_API_KEY"))


def _from_file(file: Path) -> Iterator[Record]:
    with sys.stdin if str(file) == "-" else file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
            except ValueError as error:
                raise Unreadable(f"{file}: line {number} is no JSON: {error}") from error
            if not isinstance(record, dict):
                raise Unreadable(f"{file}: line {number} is no record")
            yield record


def _from_api(log: _Log) -> Iterator[Record]:
    headers = {"Authorization": f"Bearer {log.token}"}
    if log.key:
        headers["x-api-key"] = log.key
    cursor: str | None = None
    with httpx.Client(headers=headers, timeout=TIMEOUT_SECONDS) as client:
        while True:
            asked = {
                "order": "oldest",
                "limit": str(PAGE),
                **({"cursor": cursor} if cursor else {}),
            }
            answer = client.get(f"{log.url.rstrip('/')}/api/v1/audit-logs", params=asked)
            if answer.status_code != httpx.codes.OK:
                raise Unreadable(f"{log.url}: answered {detail_of(answer)}")
            page = answer.json()
            yield from page["records"]
            cursor = page["next_cursor"]
            if cursor is None:
                return


def _secret(secret_id: str | None, here: RunningPlatform | None) -> str:
    if here is not None and secret_id is None:
        secret_id = here.output("AuditSecretArn")
    if secret_id is not None:
        client = boto3.client("secretsmanager")
        return str(client.get_secret_value(SecretId=secret_id)["SecretString"])
    secret = os.environ.get("AUDIT_HMAC_SECRET")
    if not secret:
        raise Unreadable("AUDIT_HMAC_SECRET: not set, nor was --secret-id given")
    return secret


def _published(bucket: str | None, here: RunningPlatform | None) -> int:
    """The number of the audit record that the published definitions are of; 0 for nothing."""
    if here is not None and bucket is None:
        bucket = here.output("DefinitionsBucketName")
    if bucket is None:
        return 0
    fetched = DefinitionStore(boto3.client("s3"), bucket).fetch(None)
    return fetched.revision if fetched else 0


def _parsed(known: str | None) -> tuple[int, str] | None:
    if known is None:
        return None
    found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", known)
    if found is None:
        raise typer.BadParameter(f"--known: given {known}, allowed NUMBER:SIGNATURE")
    return int(found[1]), found[2]


def _give(verdict: Verdict, *, as_json: bool) -> None:
    number, signature = verdict.last
    end, faults = f"{number}:{signature}", [fault.reason for fault in verdict.faults]
    table = plain_table()
    table.add_row("records", str(verdict.count))
    table.add_row("end", end)
    table.add_row("faults", "\n".join(faults) or "none")
    document = {"records": verdict.count, "end": end, "faults": faults}
    give(document, table, as_json=as_json)
    if not as_json and not verdict.faults:
        RESULTS.print("every record is as it was written; keep the end for the next --known")


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (
        Unreadable,
        UnreadableDefinitions,
        PlatformNotRunning,
        NoSuchUser,
        OSError,
        httpx.HTTPError,
        BotoCoreError,
        ClientError,
    ) as error:
        raise failed(str(error) or repr(error)) from error
