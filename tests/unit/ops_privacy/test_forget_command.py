import io
import json

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.deployed_stage import DeployedStage, NotDeployed, stages_of
from ops.privacy import command
from ops.privacy.passes import Forgetting, NotForgotten

UNIT = "anna-0815"
HERE = "us-east-1"


class LambdaFake:
    """Two functions with two stores; `left` is what a second look still finds in the log."""

    def __init__(self, *, left=0, failing=None):
        self.left, self.failing, self.removed, self.asked = left, failing, False, []

    def invoke(self, *, FunctionName, Payload):
        question = json.loads(Payload)
        self.asked.append(question)
        stores = {"records": ["ledger", "logs"], "inside": ["cache"]}[FunctionName]
        told = {"stores": dict.fromkeys(stores, HERE)}
        answer = self.answer(question) if "store" in question else told
        failed = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}

    def answer(self, question):
        if question["store"] == self.failing:
            return {"errorMessage": "Athena did not answer"}
        if question["store"] == "logs":
            notes = ["a group: 1 events"] if self.left else []
            return passed(looked_at=7, found=self.left, notes=notes)
        if question["store"] == "ledger" and question["cursor"] is None:
            return passed(looked_at=100, found=0, cursor="page 2")
        found = 0 if self.removed else 1
        self.removed = self.removed or (question["remove"] and question["store"] == "cache")
        return passed(looked_at=50, found=found, removed=found if question["remove"] else 0)


def passed(**changes):
    nothing = {"looked_at": 0, "found": 0, "removed": 0, "cursor": None, "notes": [], "whole": True}
    return {**nothing, **changes}


@pytest.fixture
def run(monkeypatch):
    kept = []

    def given(fake, *options, text=None):
        forgetting = Forgetting(client=fake, functions=("records", "inside"))
        stage = DeployedStage(prefix="Kindred-dev", region=HERE)
        monkeypatch.setattr(command, "stages_of", lambda _: (stage,))
        monkeypatch.setattr(command, "_forgetting", lambda _: forgetting)
        monkeypatch.setattr(command, "_keep", lambda _, document: kept.append(document))
        unit = "-" if text else UNIT
        return CliRunner().invoke(
            app, ["forget", unit, "--environment", "dev", "--json", *options], input=text
        )

    given.kept = kept
    return given


def test_a_unit_is_removed_everywhere_and_looked_for_again(run, tmp_path):
    fake, file = LambdaFake(), tmp_path / "report.json"

    result = run(fake, "--output", str(file))

    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["clean"]
    seen = {store["store"]: store for store in document["stores"]}
    assert (seen["ledger"]["looked_at"], seen["ledger"]["removed"]) == (150, 1)
    assert seen["ledger"]["found_afterwards"] == 0
    assert [q["remove"] for q in fake.asked if "store" in q] == [True] * 4 + [False] * 4
    assert run.kept == [document] == [json.loads(file.read_text())]


def test_the_report_names_nobody(run):
    fake = LambdaFake()
    result = run(fake, text=f"{UNIT}\n")

    assert {q["unit"] for q in fake.asked if "store" in q} == {UNIT}
    assert UNIT not in result.output
    assert UNIT not in json.dumps(run.kept)


def test_what_is_left_is_told_and_the_status_says_so(run):
    result = run(LambdaFake(left=1))

    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert not document["clean"]
    [logs] = [store for store in document["stores"] if store["store"] == "logs"]
    assert logs["notes"] == ["a group: 1 events"]
    # That something is left is a proof as well.
    assert run.kept == [document]


def test_a_store_that_was_not_looked_through_to_its_end_is_not_clean(run):
    class Endless(LambdaFake):
        def answer(self, question):
            return {**super().answer(question), "whole": "store" not in question}

    result = run(Endless())

    assert result.exit_code == 1
    assert not json.loads(result.stdout)["clean"]


def test_why_something_was_left_is_told_with_what_the_second_look_found(run):
    class Waiting(LambdaFake):
        def answer(self, question):
            answer = super().answer(question)
            return {**answer, "notes": ["it waits"] if question["remove"] else answer["notes"]}

    document = json.loads(run(Waiting(left=1)).stdout)

    [logs] = [store for store in document["stores"] if store["store"] == "logs"]
    assert logs["notes"] == ["it waits", "a group: 1 events"]


def test_a_look_removes_and_keeps_nothing(run):
    fake = LambdaFake()
    result = run(fake, "--look")

    assert result.exit_code == 1
    assert not any(question.get("remove") for question in fake.asked)
    assert run.kept == []


def test_a_store_that_fails_is_named_and_the_unit_is_not(run):
    result = run(LambdaFake(failing="cache"))

    assert result.exit_code == 1
    assert f"{HERE}: cache: Athena did not answer" in result.stderr
    assert UNIT not in result.output
    # What was done before it is told, and nothing is called looked at again.
    [document] = run.kept
    assert (document["clean"], document["unanswered"]) == (False, [HERE])
    assert [(each["store"], each["found_afterwards"]) for each in document["stores"]] == [
        *(("ledger", None), ("logs", None))
    ]


@pytest.mark.parametrize(
    ("environment", "asked"),
    [
        pytest.param("dev", [(HERE, "")], id="one region"),
        pytest.param("staging", [(HERE, "")], id="a second region of copies alone"),
        pytest.param("prod", [("us-west-2", "Standby"), (HERE, "")], id="one stands by"),
    ],
)
def test_every_region_where_a_platform_gathers_something_is_asked(environment, asked):
    stages = stages_of(environment)

    assert [(each.region, each.before) for each in stages] == asked
    assert {each.prefix for each in stages} == {f"Kindred-{environment}"}


def test_an_environment_that_is_none_is_named():
    with pytest.raises(NotDeployed, match="nowhere"):
        stages_of("nowhere")


def test_a_unit_has_256_characters_at_most(run):
    assert run(LambdaFake(), text="u" * 257 + "\n").exit_code == 2


def test_a_function_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr("ops.privacy.passes._MOST_PASSES", 3)

    class Endless(LambdaFake):
        def answer(self, question):
            return passed(cursor="on and on")

    forgetting = Forgetting(client=Endless(), functions=("records",))
    with pytest.raises(NotForgotten, match="no end after 3 passes"):
        list(forgetting.go_through(UNIT, remove=False))


def test_functions_of_before_the_command_are_named_as_such():
    class Before(LambdaFake):
        def invoke(self, **_):
            return {"Payload": io.BytesIO(b'{"stores": ["ledger"]}')}

    with pytest.raises(NotForgotten, match="records: deployed before this command"):
        list(Forgetting(client=Before(), functions=("records",)).go_through(UNIT, remove=True))
