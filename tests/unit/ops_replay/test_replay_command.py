"""What the operator types for a replay, and is told."""

from __future__ import annotations

import gzip
import json

import httpx
import pytest
from typer.testing import CliRunner

from kindred.experiments.events import decode
from ops.cli import app
from ops.replay import command
from ops.replay.api import ReplayApi
from ops.replay.visit_events import visit_events
from tests.unit.ops_replay.test_replay import COOKIE_CATS, source, written

# Seconds a file.
pytestmark = pytest.mark.slow


@pytest.fixture
def command_line(platform, monkeypatch):
    def invoke(*arguments):
        monkeypatch.setattr(
            command,
            "ReplayApi",
            lambda access: ReplayApi(access, transport=httpx.MockTransport(platform.answer)),
        )
        options = ("--api-url", "http://api/stage", "--api-key", "key", "--token", "token-1")
        return CliRunner().invoke(app, ["experiment", "replay", *arguments, *options])

    return invoke


def test_the_command_prints_numbers_and_the_decision(command_line, tmp_path):
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(COOKIE_CATS.encode()))

    answer = command_line("cookie_cats", "--file", str(path), "--settle-seconds", "1")

    assert answer.exit_code == 0
    assert "gate_40 retention_7 total" in answer.stdout
    assert "decision: keep_running" in answer.stdout
    assert "2 of 14 days" in answer.stdout
    assert "line 5: version: given 'gate_50', allowed gate_30 or gate_40" in answer.stderr


def test_the_command_fails_when_a_number_differs(command_line, platform, tmp_path):
    given = written(tmp_path, COOKIE_CATS)
    lost = next(visit_events(next(source("cookie_cats", given).visits())))
    platform.events[lost["event_id"]] = decode(
        json.dumps({**lost, "variation": "gate_40"}).encode()
    )

    answer = command_line("cookie_cats", "--file", str(given), "--settle-seconds", "1", "--json")

    assert answer.exit_code == 1
    assert not json.loads(answer.stdout)["agrees"]
    assert "gate_30 units" in json.loads(answer.stdout)["experiments"]["cookie-cats"]["differing"]


@pytest.mark.parametrize(
    ("arguments", "message", "status"),
    [
        (("titanic",), "given titanic, allowed cookie_cats", 2),
        (("cookie_cats", "--file", "missing.csv"), "missing.csv: no such file", 1),
    ],
)
def test_a_wrong_command_says_what_is_allowed(command_line, arguments, message, status):
    answer = command_line(*arguments)

    assert (answer.exit_code, message in answer.stderr) == (status, True)


def test_a_file_of_another_kind_is_refused_by_its_columns(command_line, tmp_path):
    answer = command_line("ab_data", "--file", str(written(tmp_path, COOKIE_CATS)))

    assert answer.exit_code == 1
    assert "no column user_id" in answer.stderr
