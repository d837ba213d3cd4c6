"""Which changes of a document break who calls the service already, and which do not."""

import copy
import subprocess

import pytest
from typer.testing import CliRunner

from ops.openapi import commands, documents
from ops.openapi.changes import breaking_changes

PROMISED = {
    "paths": {
        "/apps": {
            "post": {
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 100}}
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/AppIn"}}}
                },
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/AppOut"}}}
                    }
                },
            }
        }
    },
    "components": {
        "AppIn": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "maxLength": 200},
                "price": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]},
                "pricing": {"type": "string", "enum": ["free", "paid"]},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
        },
        "AppOut": {
            "type": "object",
            "required": ["app_id", "status"],
            "properties": {
                "app_id": {"type": "string"},
                "status": {"type": "string", "enum": ["new", "known"]},
                "rating": {"type": "number"},
            },
        },
    },
}


def changed(*steps):
    """Steps are a path of keys and the value that is put there; None takes away."""
    document = copy.deepcopy(PROMISED)
    for *keys, last, value in steps:
        place = document
        for key in keys:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return document


POST = ("paths", "/apps", "post")
IN = ("components", "AppIn")
OUT = ("components", "AppOut")
FIELD = (*IN, "properties")


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        pytest.param([("paths", "/apps", None)], "is gone", id="a path is gone"),
        pytest.param([(*POST, "parameters", [])], "query limit: is gone", id="a parameter is gone"),
        pytest.param(
            [(*POST, "parameters", 0, "required", True)],
            "query limit: needed, and was not",
            id="a parameter is needed",
        ),
        pytest.param(
            [(*POST, "parameters", 0, "schema", "maximum", 50)],
            "query limit /: maximum 100, allowed 50",
            id="a parameter's bound is narrower",
        ),
        pytest.param(
            [(*POST, "requestBody", "required", True)],
            "request: a body is needed, and was not",
            id="a body is needed",
        ),
        pytest.param(
            [(*IN, "required", ["name", "price"])],
            "request /price: may be missing, allowed when it is there",
            id="a field is needed",
        ),
        pytest.param(
            [(*FIELD, "price", None)],
            "request /price: given, allowed no such field",
            id="a field is no longer taken",
        ),
        pytest.param(
            [(*FIELD, "price", {"type": "number", "minimum": 0})],
            "request /price: null, allowed integer, number",
            id="null is no longer taken",
        ),
        pytest.param(
            [(*FIELD, "name", {"type": "string", "maxLength": 100})],
            "request /name: maxLength 200, allowed 100",
            id="a text may be shorter only",
        ),
        pytest.param(
            [(*FIELD, "pricing", "enum", ["free"])],
            "request /pricing: ['paid'], allowed ['free']",
            id="a value is no longer taken",
        ),
        pytest.param(
            [(*FIELD, "tags", "items", {"type": "string", "pattern": "^[a-z]+$"})],
            "request /tags/*: pattern none, allowed ^[a-z]+$",
            id="entries have to look like something",
        ),
        pytest.param(
            [(*OUT, "required", ["app_id"])],
            "answer 200 /status: may be missing, allowed when it is there",
            id="an answer may lack what it had",
        ),
        pytest.param(
            [(*OUT, "properties", "status", "enum", ["new", "known", "gone"])],
            "answer 200 /status: ['gone'], allowed ['new', 'known']",
            id="an answer says what nobody was told of",
        ),
        pytest.param(
            [(*OUT, "properties", "app_id", {"type": "integer"})],
            "answer 200 /app_id: integer, allowed string",
            id="an answer is of another kind",
        ),
        pytest.param(
            [(*POST, "responses", {"202": {}})],
            "answer 200: is gone",
            id="another status",
        ),
    ],
)
def test_a_broken_promise_is_named(steps, found):
    assert f"POST /apps: {found}" in breaking_changes(PROMISED, changed(*steps))


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([], id="nothing"),
        pytest.param([("paths", "/more", {"get": {}})], id="another path"),
        pytest.param([(*FIELD, "note", {"type": "string"})], id="a field that may be given"),
        pytest.param([(*IN, "additionalProperties", True)], id="any field is taken"),
        pytest.param([(*FIELD, "name", "maxLength", 300)], id="a text may be longer"),
        pytest.param([(*FIELD, "pricing", "enum", ["free", "paid", "rent"])], id="one value more"),
        pytest.param([(*FIELD, "price", {})], id="anything is taken"),
        pytest.param([(*OUT, "properties", "name", {"type": "string"})], id="an answer says more"),
        pytest.param(
            [(*OUT, "required", ["app_id", "status", "rating"])], id="an answer says it always"
        ),
        pytest.param(
            [(*OUT, "properties", "status", "enum", ["known"])], id="an answer says less often"
        ),
        pytest.param([(*POST, "responses", "4XX", {})], id="a refusal is documented"),
    ],
)
def test_what_breaks_nobody_is_let_by(steps):
    assert breaking_changes(PROMISED, changed(*steps)) == []


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """With the document promised in its first commit."""
    folder = tmp_path / "openapi"
    folder.mkdir()
    (folder / "similarity.json").write_text(documents.text_of(PROMISED))
    (folder / "accepted.yaml").write_text("accepted: []\n")
    for module in (commands, documents):
        monkeypatch.setattr(module, "KEPT", folder)
    monkeypatch.setattr(commands, "ACCEPTED", folder / "accepted.yaml")
    monkeypatch.setattr(commands, "SERVICES", ("similarity",))
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "promise"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return folder


def review(*arguments):
    return CliRunner().invoke(commands.app, ["changes", "--against", "HEAD", *arguments])


def test_a_change_that_breaks_fails_until_somebody_accepts_it(repository):
    broken = changed((*FIELD, "price", None))
    (repository / "similarity.json").write_text(documents.text_of(broken))

    assert review().exit_code == 1

    (repository / "accepted.yaml").write_text(
        "accepted:\n- service: similarity\n"
        "  change: 'POST /apps: request /price: given, allowed no such field'\n"
        "  reason: nobody ever sent it\n  who: platform\n"
    )
    assert review().exit_code == 0


def test_an_acceptance_without_a_reason_is_none(repository):
    (repository / "accepted.yaml").write_text("accepted:\n- {service: similarity, change: x}\n")

    assert review().exit_code == 1


def test_a_revision_that_is_none_is_said(repository):
    answer = CliRunner().invoke(commands.app, ["changes", "--against", "nowhere"])

    assert answer.exit_code == 1


def test_a_service_that_promised_nothing_breaks_nothing(repository, monkeypatch):
    (repository / "prediction.json").write_text(documents.text_of(PROMISED))
    monkeypatch.setattr(commands, "SERVICES", ("prediction",))

    assert review().exit_code == 0
