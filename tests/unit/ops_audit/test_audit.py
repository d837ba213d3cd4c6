"""What an operator sees of the audit log's proof."""

import json

import httpx
import pytest
from typer.testing import CliRunner

from kindred.experiments.audit_chain import GENESIS, AuditSigner, canonical
from kindred_aws.definition_store import Fetched
from ops import audit
from ops.cli import app

SECRET = "an audit secret of thirty-two characters"
SIGNER = AuditSigner(SECRET)


def a_log(length):
    records, previous = [], GENESIS
    for sequence in range(1, length + 1):
        body = {"sequence": sequence, "key": f"e{sequence}", "previous": previous}
        previous = SIGNER.sign(canonical(body))
        records.append({**body, "signature": previous})
    return records


@pytest.fixture
def run(monkeypatch, tmp_path):
    """`kindred audit verify` over records in a file, or as `arguments` say."""
    monkeypatch.setenv("AUDIT_HMAC_SECRET", SECRET)
    monkeypatch.delenv("KINDRED_URL", raising=False)

    def verify(records=None, *arguments, command="verify"):
        given = list(arguments)
        if records is not None:
            file = tmp_path / "log.jsonl"
            file.write_text("".join(json.dumps(record) + "\n" for record in records))
            given.insert(0, str(file))
        return CliRunner().invoke(app, ["audit", command, *given])

    return verify


@pytest.fixture
def api(monkeypatch):
    """The API over a log: pages by cursor, for an admin's token."""
    log, asked = a_log(1_203), []

    def answer(request):
        asked.append(request)
        if request.headers["authorization"] != "Bearer admin":
            return httpx.Response(403, json={"detail": "role: given viewer, this needs admin"})
        start = int(request.url.params.get("cursor", "0"))
        end = start + int(request.url.params["limit"])
        following = str(end) if end < len(log) else None
        return httpx.Response(200, json={"records": log[start:end], "next_cursor": following})

    client = httpx.Client
    monkeypatch.setattr(
        audit.httpx,
        "Client",
        lambda **options: client(transport=httpx.MockTransport(answer), **options),
    )
    monkeypatch.setenv("KINDRED_TOKEN", "admin")
    return log, asked


def test_an_untouched_log_is_confirmed_with_its_end(run):
    log = a_log(3)
    result = run(log)

    assert result.exit_code == 0
    assert f"3:{log[-1]['signature']}" in result.output
    assert "every record is as it was written" in result.output


def test_every_wrong_record_is_named_and_the_status_says_so(run):
    log = a_log(9)
    log[1]["key"] = "forged"
    log.insert(7, log.pop(5))
    del log[3]
    result = run(log)

    assert result.exit_code == 1
    assert "record 2 was changed" in result.output
    assert "record 6 is out of place" in result.output
    assert "record 4 was removed" in result.output
    assert "3 faults" in result.output


def test_a_program_reads_the_verdict_as_json(run):
    log = a_log(2)

    assert json.loads(run(log, "--json").stdout) == {
        "records": 2,
        "end": f"2:{log[-1]['signature']}",
        "faults": [],
    }


def test_what_was_cut_off_since_the_last_time_is_found(run):
    log = a_log(5)
    known = f"5:{log[-1]['signature']}"

    assert run(log, "--known", known).exit_code == 0
    result = run(log[:3], "--known", known)
    assert (result.exit_code, "record 5 was known and is gone" in result.output) == (1, True)


def test_what_was_cut_off_is_found_by_what_was_published(run, monkeypatch):
    class PublishedFake:
        def __init__(self, client, bucket):
            self.bucket = bucket

        def fetch(self, etag):
            return Fetched(5, {}, "tag") if self.bucket == "definitions" else None

    monkeypatch.setattr(audit, "DefinitionStore", PublishedFake)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    log = a_log(5)

    assert run(log, "--published-in", "definitions").exit_code == 0
    assert run(log[:3], "--published-in", "empty").exit_code == 0
    result = run(log[:3], "--published-in", "definitions")
    assert (result.exit_code, "records 4 to 5 are gone" in result.output) == (1, True)


def test_the_whole_log_is_read_from_the_api_page_by_page(run, api):
    result = run(None, "--url", "https://api.example/")

    log, asked = api
    assert result.exit_code == 0
    assert f"{len(log)}:" in result.output
    assert [str(request.url.path) for request in asked] == ["/api/v1/audit-logs"] * 3


def test_what_is_exported_verifies(run, api):
    exported = run(None, "--url", "https://api.example", command="export")
    records = [json.loads(line) for line in exported.stdout.splitlines()]

    assert records == api[0]
    assert run(records).exit_code == 0


@pytest.mark.parametrize(
    ("environment", "arguments", "message"),
    [
        ({"KINDRED_TOKEN": "viewer"}, ["--url", "https://x.example"], "this needs admin"),
        ({"KINDRED_TOKEN": ""}, ["--url", "https://x.example"], "KINDRED_TOKEN: not set"),
        ({"AUDIT_HMAC_SECRET": ""}, ["--url", "https://x.example"], "AUDIT_HMAC_SECRET: not set"),
        ({}, ["--state-dir", "/nowhere"], "no platform is ready in /nowhere"),
        ({}, ["/nowhere/log.jsonl"], "No such file"),
    ],
)
def test_what_is_missing_is_said(run, api, monkeypatch, environment, arguments, message):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = run(None, *arguments)

    assert result.exit_code == 1
    assert message in result.output


def test_a_file_that_is_no_log_is_said_to_be_none(run, tmp_path):
    (tmp_path / "x").write_text("{}\nwhat\n")
    result = run(None, str(tmp_path / "x"))

    assert (result.exit_code, "line 2 is no JSON" in result.output) == (1, True)


def test_an_end_that_is_none_is_a_wrong_command(run):
    assert run(a_log(1), "--known", "5").exit_code == 2
