"""`kindred letters`: what it answers, and with which status."""

import json

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.deployed_stage import DeployedStage, NotDeployed
from ops.letters import commands, looking
from ops.letters.queues import LetterQueues, Queue, queues_of
from tests.unit.letters import forms


class StageFake:
    """Every queue is the one that waits."""

    region = "us-east-1"

    def __init__(self, url):
        self.url = url

    def output(self, _stack, name):
        return "events" if name == "EventStreamName" else self.url


@pytest.fixture
def run(waiting, monkeypatch):
    queues = LetterQueues(stage=StageFake(waiting.url), names=(Queue.UNCOUNTED,))
    monkeypatch.setattr(commands, "queues_of", lambda *_, **__: queues)

    def given(*arguments):
        return CliRunner().invoke(app, ["letters", *arguments, "--environment", "dev"])

    return given


def test_a_list_says_why_letters_wait_and_takes_none(run, waiting):
    for kind in ("purchase", "sale"):
        data = json.dumps({"type": kind}).encode()
        waiting.write(forms.of_consumer(data, reason=f"type: invalid value '{kind}'"))
    waiting.write(forms.of_consumer(forms.event()))

    result = run("list", "--json")

    assert result.exit_code == 0, result.output
    [queue] = json.loads(result.stdout)["queues"]
    assert (queue["queue"], queue["letters"], queue["looked_at"]) == ("uncounted", 3, 3)
    assert queue["oldest"].endswith("+00:00")
    assert [(each["reason"], each["letters"]) for each in queue["reasons"]] == [
        ("type: invalid value *", 2),
        ("ValidationException: no", 1),
    ]
    assert queue["reasons"][0]["example"]["holds"] == '{"type": "purchase"}'
    assert waiting.visible() == 3


def test_a_list_for_people_shows_what_letters_hold_as_it_is(run, waiting):
    waiting.write(forms.of_consumer(b"[/red] no event", reason="[bold]"))

    shown = run("list").stdout

    assert "[bold]" in shown
    assert "[/red] no event" in shown
    assert "nowhere: it would be refused again" in shown


def test_of_a_flood_a_list_reads_the_beginning(run, waiting, monkeypatch):
    monkeypatch.setattr(looking, "MOST_LOOKED_AT", 10)
    for number in range(25):
        waiting.write(forms.of_consumer(forms.event(number)))

    [queue] = json.loads(run("list", "--json").stdout)["queues"]

    assert (queue["letters"], queue["looked_at"], waiting.visible()) == (25, 10, 25)


def test_an_empty_queue_is_none_of_anybodys_business(run):
    [queue] = json.loads(run("list", "--json").stdout)["queues"]

    assert (queue["letters"], queue["oldest"], queue["reasons"]) == (0, None, [])
    result = run("redrive", "uncounted")
    assert result.exit_code == 0
    assert "no such letter lies in the queue uncounted" in result.stderr


def test_a_redrive_that_leaves_nothing_ends_well(run, waiting):
    waiting.write(forms.of_consumer(forms.event()))

    result = run("redrive", "uncounted", "--json")

    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["brought_back"], document["left"], document["all_seen"]) == (1, 0, True)
    assert waiting.queue.waiting() == 0


def test_a_redrive_that_leaves_a_letter_says_why_and_ends_with_one(run, waiting):
    waiting.write(forms.of_consumer(forms.event()))
    waiting.write(forms.of_consumer(b"no event"))

    looked = run("redrive", "uncounted", "--look", "--json")
    result = run("redrive", "uncounted")

    assert (looked.exit_code, result.exit_code) == (1, 1)
    assert json.loads(looked.stdout)["brought_back"] == 0
    assert "nowhere" in result.stdout
    assert "it would be refused again" in result.stdout
    assert "1 of 2 letters stay in the queue uncounted" in result.stderr
    assert waiting.visible() == 1


def test_a_queue_of_another_name_is_refused(run):
    result = run("redrive", "everything")

    assert result.exit_code == 2
    assert "uncounted" in result.stderr


class Outputs:
    def __init__(self, monkeypatch):
        self.asked = []
        monkeypatch.setattr(
            DeployedStage, "output", lambda stage, *names: self.asked.append((stage, *names))
        )


def test_each_queue_is_found_by_an_output_of_its_stack(monkeypatch):
    outputs = Outputs(monkeypatch)

    queues = queues_of("local", region=None)
    for name in queues.names:
        queues.url(name)

    assert queues.names == list(Queue)
    assert [(stack, name.partition("Dead")[0]) for _, stack, name in outputs.asked] == [
        ("StreamingStack", "Events"),
        ("StreamingStack", "Unindexed"),
        ("StreamingStack", "Unscheduled"),
        ("NetworkStack", "Undelivered"),
    ]


def test_the_region_that_stands_by_has_queues_of_its_own_and_no_index(monkeypatch):
    outputs = Outputs(monkeypatch)

    queues = queues_of("extreme", region="eu-west-1")
    queues.url(Queue.UNCOUNTED)

    [(stage, stack, _)] = outputs.asked
    assert (stage.region, f"{stage.before}{stack}") == ("eu-west-1", "StandbyStreamingStack")
    with pytest.raises(NotDeployed, match="unindexed: nothing is indexed"):
        queues.url(Queue.UNINDEXED)
    with pytest.raises(NotDeployed, match="region: given 'eu-west-9'"):
        queues_of("extreme", region="eu-west-9")
