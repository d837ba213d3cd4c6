"""`kindred rollout` against the API's own handlers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
from typer.testing import CliRunner

from kindred.rollout.judge import Judgement
from ops.cli import app
from ops.rollout import commands, start_command
from ops.rollout.api import Access, RolloutApi, RolloutRefused
from ops.rollout.watching import watch
from rollout_functions import deployments
from rollout_functions.api_settings import deployments as table
from tests.unit.rollout_functions.proxy_events import proxy_event
from tests.unit.rollout_functions.test_deployments import ARTEFACT

# Seconds a file.
pytestmark = pytest.mark.slow

SOURCE = ("--image", ARTEFACT["image"], "--model-data", ARTEFACT["model_data_url"])
AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


class Gateway:
    """Gives requests to the handler as API Gateway would; `refuses` is what it answers first."""

    def __init__(self):
        self.refuses = []
        self.roles = []

    def answer(self, request):
        if self.refuses:
            return self.refuses.pop(0)
        role = request.headers["authorization"].removeprefix("Bearer ")
        self.roles.append(role)
        event = proxy_event(
            request.method,
            request.url.path,
            request.content.decode() or None,
            groups=role,
            headers=dict(request.headers),
            query=request.url.query.decode(),
        )
        answered = deployments.handler(event, None)
        return httpx.Response(
            answered["statusCode"], headers=answered["headers"], text=answered["body"]
        )


@pytest.fixture
def gateway(clients):
    return Gateway()


@pytest.fixture
def api(gateway):
    return RolloutApi(
        Access(url="http://api/public/", token=lambda role: role),
        transport=httpx.MockTransport(gateway.answer),
        sleep=lambda _: None,
    )


@pytest.fixture
def run(api, monkeypatch):
    for module in (commands, start_command):
        monkeypatch.setattr(module, "rollout_api", lambda _: api)
    return lambda *arguments: CliRunner().invoke(app, ["rollout", *arguments])


def moved(deployment_id, state, reason, **judged):
    found = table().load(deployment_id).moved(state, at=AT, reason=reason)
    return table().save(found.judged(Judgement(**judged), at=AT) if judged else found)


def test_a_start_prints_the_id_and_sends_what_was_given(run):
    answer = run(
        *("start", *SOURCE, "--canary", "20", "--bake", "5", "--no-auto-rollback"),
        *("--threshold", "p99_latency_ms=80", "--threshold", "error_rate=0.02", "--dry-run"),
    )

    assert answer.exit_code == 0, answer.output
    plan = table().load(answer.stdout.strip()).plan
    assert (plan.canary_percent, plan.bake_minutes, plan.step_percent) == (20, 5, 10)
    assert (plan.thresholds.p99_latency_ms, plan.thresholds.error_rate) == (80, 0.02)
    assert plan.dry_run
    assert not plan.auto_rollback


def test_the_same_key_starts_the_same_rollout(run):
    first, second = (run("start", *SOURCE, "--key", "release-7").stdout for _ in range(2))

    assert first == second


def test_what_the_api_refuses_is_said_in_its_words(run):
    answer = run("start", *SOURCE, "--endpoint", "payments")

    assert answer.exit_code == 1
    assert "allowed embeddings, ranking" in answer.stderr
    assert "p99_latency_ms" in run("start", *SOURCE, "--threshold", "p99=1").stderr


def test_a_threshold_is_a_name_and_a_number(run):
    answer = run("start", *SOURCE, "--threshold", "p99_latency_ms=fast")

    assert answer.exit_code == 2


def test_a_list_goes_over_pages(run, api):
    made = [
        run("start", *SOURCE, "--dry-run", "--key", f"key-{n}").stdout.strip() for n in range(3)
    ]
    page = list(api.deployments("embeddings", most=2))

    assert [each["deployment_id"] for each in page] == made[:0:-1]
    listed = json.loads(run("list", "--json").stdout)
    assert {each["deployment_id"] for each in listed} == set(made)
    assert all(each in run("list").stdout for each in made)


def test_a_verb_is_asked_by_somebody_who_may(run, gateway):
    deployment = run("start", *SOURCE).stdout.strip()
    moved(deployment, "IN_PROGRESS", "canary begins")

    answer = run("complete", deployment, "--reason", "it is fine")

    assert answer.stdout == "IN_PROGRESS: complete asked for\n"
    assert gateway.roles[-1] == "approver"
    assert table().load(deployment).wish.reason == "it is fine"
    assert "allowed now" in run("resume", deployment).stderr


def test_what_is_shown_has_every_judgement_with_its_reasons(run):
    deployment = run("start", *SOURCE).stdout.strip()
    moved(deployment, "PAUSED", "slow", verdict="fail", reasons=("p99 180 ms, allowed 100 ms",))

    shown = run("show", deployment).stdout

    assert "p99 180 ms, allowed 100 ms" in shown
    assert "09:30:00 PAUSED      slow" in shown
    assert json.loads(run("show", deployment, "--json").stdout)["state"] == "PAUSED"


def test_a_watch_says_each_thing_once_until_the_end(run, api):
    deployment = run("start", *SOURCE).stdout.strip()
    looks = [
        lambda: moved(deployment, "IN_PROGRESS", "canary begins"),
        lambda: None,
        lambda: moved(
            deployment, "ROLLING_BACK", "errors", verdict="fail", reasons=("9 of 100 failed",)
        ),
        lambda: moved(deployment, "ROLLED_BACK", "errors: 9 of 100 failed"),
    ]
    said = []

    ended = watch(api, deployment, say=said.append, sleep=lambda _: looks.pop(0)())

    assert ended["state"] == "ROLLED_BACK"
    assert [line.split()[1] for line in said] == [
        "IN_PROGRESS",
        "ROLLING_BACK",
        "fail",
        "ROLLED_BACK",
    ]
    assert "9 of 100 failed" in said[2]
    failed = run("watch", deployment)
    assert failed.exit_code == 1
    assert "ROLLED_BACK: errors: 9 of 100 failed" in failed.stderr


def test_what_passes_is_tried_again_and_a_token_that_ran_out_replaced(api, gateway):
    gateway.refuses = [httpx.Response(503), httpx.Response(401), httpx.Response(429)]

    assert list(api.deployments(None, most=5)) == []


def test_what_does_not_pass_ends_in_its_own_words(api, gateway):
    gateway.refuses = [httpx.Response(502, text="bad gateway")] * 20

    with pytest.raises(RolloutRefused, match="GET http://api/public/deployments: 502 bad gateway"):
        list(api.deployments(None, most=5))
