"""Remote evaluation, each answer held against the protocol's own document."""

import itertools
from dataclasses import replace
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from fastapi.testclient import TestClient

from experiments_service.main import create_app
from kindred.experiments.definitions import FlagRule, Prerequisite
from tests.service.experiments.evaluation_fixtures import (
    collaborators,
    definitions,
    experiment,
    flag,
    published,
)

PROTOCOL = Path(__file__).parents[4] / "shared/conformance/ofrep/openapi.yaml"
ONE, ALL = "/ofrep/v1/evaluate/flags/{}", "/ofrep/v1/evaluate/flags"

pytestmark = pytest.mark.skipif(not PROTOCOL.exists(), reason="the protocol's document is absent")


@pytest.fixture(scope="module")
def protocol():
    document = yaml.safe_load(PROTOCOL.read_text("utf-8"))
    success = document["components"]["schemas"]["evaluationSuccess"]["allOf"]
    # As it is written no value can pass: an integer is a float too, and anything at all is the
    # code default, which the text says is the one without a value.
    success[1] = {"anyOf": success[1]["oneOf"]}
    document["components"]["schemas"]["codeDefaultFlag"]["not"] = {"required": ["value"]}
    return document


@pytest.fixture(scope="module")
def client():
    with TestClient(create_app(collaborators(published()))) as client:
        yield client


@pytest.fixture
def conforming(protocol):
    """Asserts that the answer is one that the protocol has for its path and status."""

    def check(response, path):
        answers = protocol["paths"][path]["post"]["responses"]
        schema = answers[str(response.status_code)]["content"]["application/json"]["schema"]
        whole = {**schema, "components": protocol["components"]}
        jsonschema_rs.validate(whole, response.json())
        assert response.headers["content-type"] == "application/json"
        return response.json()

    return check


@pytest.fixture
def evaluate(client, conforming):
    def post(key, **context):
        response = client.post(
            ONE.format(key), json={"context": {"targetingKey": "user-1", **context}}
        )
        return conforming(response, "/ofrep/v1/evaluate/flags/{key}")

    return post


@pytest.mark.parametrize(
    ("key", "context", "expected"),
    [
        pytest.param("banner", {}, ("default", "STATIC", "default"), id="no rules"),
        pytest.param("retired", {}, ("off", "DISABLED", "off"), id="switched off"),
        pytest.param("always", {}, ("all", "STATIC", "r-all"), id="a rule for everybody"),
        pytest.param(
            "in-germany", {"country": "DE"}, ("de", "TARGETING_MATCH", "r-de"), id="a rule matched"
        ),
        pytest.param(
            "in-germany", {"country": "FR"}, ("default", "UNKNOWN", "default"), id="none matched"
        ),
        pytest.param(
            "limits", {}, ({"most": 5, "share": 0.5}, "STATIC", "default"), id="an object"
        ),
        pytest.param("seats", {}, (3, "STATIC", "default"), id="a number"),
    ],
)
def test_a_flag_is_answered_with_its_reason(evaluate, key, context, expected):
    answer = evaluate(key, **context)

    assert (answer["value"], answer["reason"], answer["variant"]) == expected
    assert answer["metadata"]["version"] == published().snapshot.version


def test_a_rollout_is_a_split(client, evaluate):
    answers = [evaluate("fifth", targetingKey=f"user-{n}") for n in range(200)]
    inside = [answer for answer in answers if answer["value"]]

    assert {answer["reason"] for answer in inside} == {"SPLIT"}
    assert {answer["reason"] for answer in answers if not answer["value"]} == {"UNKNOWN"}
    assert 20 <= len(inside) <= 60


def test_an_experiments_variation_is_the_variant(evaluate):
    seen = {evaluate("checkout-page", targetingKey=f"user-{n}")["variant"] for n in range(50)}
    answer = evaluate("checkout-page")

    assert seen == {"control", "treatment"}
    assert answer["reason"] == "SPLIT"
    assert answer["metadata"]["experimentKey"] == "checkout"


def test_a_flag_without_a_value_leaves_it_to_the_client(conforming):
    empty = flag("empty", default_value=None)
    app = create_app(collaborators(published(definitions(flags=(empty,)))))
    response = TestClient(app).post(ONE.format("empty"), json={"context": {"targetingKey": "u"}})

    assert "value" not in conforming(response, "/ofrep/v1/evaluate/flags/{key}")


def failing(status, code):
    return lambda response: (response.status_code, response.json()["errorCode"]) == (status, code)


BAD_REQUESTS = [
    pytest.param(b"{", 400, "PARSE_ERROR", id="half a document"),
    pytest.param(b'{"context": {"targetingKey": "\xff"}}', 400, "PARSE_ERROR", id="no UTF-8"),
    pytest.param(b"[" * 90_000, 400, "PARSE_ERROR", id="nested without end"),
    pytest.param(b"{}", 400, "INVALID_CONTEXT", id="no context"),
    pytest.param(b"[1]", 400, "INVALID_CONTEXT", id="a list"),
    pytest.param(b'{"context": "user-1"}', 400, "INVALID_CONTEXT", id="context as text"),
    pytest.param(b'{"context": {}}', 400, "TARGETING_KEY_MISSING", id="no targeting key"),
    pytest.param(b'{"context": {"targetingKey": 5}}', 400, "INVALID_CONTEXT", id="key as number"),
    pytest.param(b'{"context": {"targetingKey": ""}}', 400, "INVALID_CONTEXT", id="empty key"),
    pytest.param(
        b'{"context": {"targetingKey": "%s"}}' % (b"k" * 257), 400, "INVALID_CONTEXT", id="long key"
    ),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD_REQUESTS)
@pytest.mark.parametrize("path", [ONE.format("banner"), ALL], ids=["one", "all"])
def test_a_bad_request_has_the_protocols_error(client, conforming, path, body, status, code):
    response = client.post(path, content=body)

    answer = conforming(response, ALL if path == ALL else ONE.format("{key}"))
    assert (response.status_code, answer["errorCode"]) == (status, code)
    assert answer["errorDetails"]


@pytest.mark.parametrize("key", ["nobody", "holdout:all", "x" * 5_000])
def test_a_flag_that_nobody_defined_is_not_found(client, conforming, key):
    response = client.post(ONE.format(key), json={"context": {"targetingKey": "u"}})

    answer = conforming(response, "/ofrep/v1/evaluate/flags/{key}")
    assert (response.status_code, answer["errorCode"]) == (404, "FLAG_NOT_FOUND")


def test_a_circle_of_prerequisites_is_an_error_of_that_flag_alone(conforming):
    rule = FlagRule(id="r", value="x", prerequisites=(Prerequisite(flag="b", condition={}),))
    one, other = flag("a", rule), flag("b", prerequisites=(Prerequisite(flag="a", condition={}),))
    client = TestClient(
        create_app(collaborators(published(definitions(flags=(one, other, flag("c"))))))
    )
    context = {"context": {"targetingKey": "u"}}

    alone = client.post(ONE.format("b"), json=context)
    together = client.post(ALL, json=context)

    assert failing(500, "GENERAL")(alone)
    flags = {each["key"]: each for each in conforming(together, ALL)["flags"]}
    assert flags["b"]["errorCode"] == "GENERAL"
    assert flags["c"]["value"] == "default"


def test_all_flags_are_answered_as_each_alone(client, conforming, evaluate):
    context = {"targetingKey": "user-1", "country": "DE"}
    response = client.post(ALL, json={"context": context})

    flags = conforming(response, ALL)["flags"]
    assert [each["key"] for each in flags] == list(published().snapshot.flag_keys)
    assert flags == [evaluate(each["key"], country="DE") for each in flags]


def test_more_than_a_hundred_flags_are_all_answered(conforming):
    many = tuple(flag(f"flag-{n}") for n in range(250))
    client = TestClient(create_app(collaborators(published(definitions(flags=many)))))

    response = client.post(ALL, json={"context": {"targetingKey": "u"}})

    assert len(conforming(response, ALL)["flags"]) == 250


def test_an_unchanged_answer_is_not_sent_again(client):
    context = {"context": {"targetingKey": "user-1"}}
    tag = client.post(ALL, json=context).headers["etag"]

    for given in (tag, f"W/{tag}", tag.strip('"'), f'"other", {tag}', "*"):
        again = client.post(ALL, json=context, headers={"If-None-Match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag


def test_another_context_or_another_definition_has_another_tag():
    one, other = published(), published(definitions(2, flags=(flag("banner"),)))
    held = collaborators(one)
    client = TestClient(create_app(held))
    tags = []
    for now, user in itertools.product((one, other), ("user-1", "user-2")):
        held.publisher.held = now
        response = client.post(
            ALL, json={"context": {"targetingKey": user}}, headers={"If-None-Match": ",".join(tags)}
        )
        assert response.status_code == 200
        tags.append(response.headers["etag"])

    assert len(set(tags)) == 4


def test_before_anything_was_published_the_error_is_the_protocols(conforming):
    client = TestClient(create_app(collaborators(None)))
    context = {"context": {"targetingKey": "u"}}

    for path, documented in ((ONE.format("banner"), ONE.format("{key}")), (ALL, ALL)):
        response = client.post(path, json=context)
        assert failing(500, "GENERAL")(response)
        conforming(response, documented)


def test_a_body_beyond_the_limit_is_refused(client):
    response = client.post(ALL, json={"context": {"targetingKey": "u", "x": "y" * 2_000_000}})

    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


def test_a_completed_experiment_serves_what_was_released():
    over = experiment("over", status="completed", released="treatment")
    given = definitions(
        experiments=(over,), flags=(flag("page", FlagRule(id="r", experiment="over")),)
    )
    client = TestClient(create_app(collaborators(published(given))))

    values = {
        client.post(ONE.format("page"), json={"context": {"targetingKey": f"u{n}"}}).json()["value"]
        for n in range(20)
    }

    assert values == {"b"}


def test_switching_a_flag_off_reaches_everybody():
    off = tuple(replace(each, enabled=False) for each in definitions().flags)
    client = TestClient(create_app(collaborators(published(definitions(flags=off)))))

    response = client.post(ALL, json={"context": {"targetingKey": "u", "country": "DE"}})

    assert {each["value"] for each in response.json()["flags"]} == {"off"}
    assert {each["reason"] for each in response.json()["flags"]} == {"DISABLED"}
