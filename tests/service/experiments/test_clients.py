"""Clients that others wrote, unmodified, against the service on a port of its own."""

import json
import logging
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
import requests
import uvicorn
from growthbook import GrowthBook
from growthbook.growthbook import feature_repo
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode

from experiments_service.main import create_app
from experiments_service.remote_evaluation import evaluate
from kindred.experiments.engine.context import Context
from tests.service.experiments.evaluation_fixtures import (
    CLIENT_KEY,
    FLAGS,
    collaborators,
    free_port,
    published,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
CLIENTS = Path(__file__).parent / "clients"
USERS = [
    {"id": f"user-{n}", "country": ("DE", "FR", "US")[n % 3], "age": 18 + n % 50} for n in range(60)
]
TYPES = {
    each.key: "boolean" if isinstance(each.default_value, bool) else each.type for each in FLAGS
}
NO_NODE = shutil.which("node") is None or not (ROOT / "node_modules/@openfeature").exists()
needs_node = pytest.mark.skipif(NO_NODE, reason="node or its packages are not installed")


@pytest.fixture(scope="module")
def held():
    return collaborators(published())


@pytest.fixture(scope="module")
def url(held):
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(create_app(held), host="127.0.0.1", port=port, log_config=None)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def expected(held):
    """What our engine says of each user and flag."""
    snapshot = held.publisher.current
    return [{key: snapshot.evaluate_flag(key, Context(user)) for key in TYPES} for user in USERS]


@pytest.fixture(scope="module")
def openfeature(url):
    api.set_provider(OFREPProvider(url))
    yield api.get_client()
    api.shutdown()


def ignored(document):
    """Nothing is sticky here."""


def node(script, **given):
    """Takes the packages of the project's own lock."""
    done = subprocess.run(
        ["node", CLIENTS / script],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_users_tell_every_flags_values_apart(expected):
    seen = {key: {json.dumps(each[key].value) for each in expected} for key in TYPES}

    split = {key for key, values in seen.items() if len(values) > 1}
    assert split == {"in-germany", "fifth", "checkout-page", "german-fifth"}


def test_openfeatures_python_client_agrees(openfeature, expected):
    ask = {
        "boolean": lambda *given: openfeature.get_boolean_details(given[0], False, given[1]),
        "string": lambda *given: openfeature.get_string_details(given[0], "none", given[1]),
        "number": lambda *given: openfeature.get_integer_details(given[0], -1, given[1]),
        "json": lambda *given: openfeature.get_object_details(given[0], {}, given[1]),
    }
    for user, results in zip(USERS[:20], expected, strict=False):
        attributes = {name: value for name, value in user.items() if name != "id"}
        context = EvaluationContext(user["id"], attributes)
        for key, kind in TYPES.items():
            details = ask[kind](key, context)
            assert details.error_code is None, details
            assert details.value == results[key].value


def test_openfeatures_python_client_is_told_what_went_wrong(openfeature):
    missing = openfeature.get_string_details("nobody", "mine", EvaluationContext("u"))
    anonymous = openfeature.get_string_details("banner", "mine", EvaluationContext())
    mistyped = openfeature.get_boolean_details("banner", True, EvaluationContext("u"))

    assert (missing.value, missing.error_code) == ("mine", ErrorCode.FLAG_NOT_FOUND)
    assert anonymous.value == "mine"
    assert anonymous.error_code in (ErrorCode.TARGETING_KEY_MISSING, ErrorCode.INVALID_CONTEXT)
    assert (mistyped.value, mistyped.error_code) == (True, ErrorCode.TYPE_MISMATCH)


@needs_node
def test_openfeatures_javascript_client_agrees(url, held, expected):
    answers = node("openfeature.mjs", url=url, flags={**TYPES, "nobody": "string"}, users=USERS)

    for user, answer, results in zip(USERS, answers, expected, strict=True):
        assert answer.pop("nobody")["errorCode"] == "FLAG_NOT_FOUND"
        assert {key: each["value"] for key, each in answer.items()} == {
            key: result.value for key, result in results.items()
        }
        for key, each in answer.items():
            ours = evaluate(held.publisher.published, key, Context(user), ignored)
            assert (each["reason"], each["variant"]) == (ours["reason"], ours["variant"])


def test_growthbooks_python_client_agrees(url, expected):
    feature_repo.clear_cache()
    for user, results in zip(USERS, expected, strict=True):
        client = GrowthBook(api_host=url, client_key=CLIENT_KEY, attributes={**user})
        client.load_features()
        for key, result in results.items():
            assert client.eval_feature(key).value == result.value
        client.destroy()


@needs_node
def test_growthbooks_javascript_client_agrees(url, expected):
    answers = node("growthbook.mjs", url=url, clientKey=CLIENT_KEY, flags=TYPES, users=USERS)

    for answer, results in zip(answers, expected, strict=True):
        for key, result in results.items():
            assert (answer[key]["value"], answer[key]["source"]) == (result.value, result.source)
            if result.source == "experiment":
                assert answer[key]["variation"] == result.assignment.key


def test_assignment_agrees_with_the_flag_that_shows_it(url, expected):
    for user, results in list(zip(USERS, expected, strict=True))[:20]:
        answer = requests.post(
            f"{url}/api/v1/tracking/assign",
            json={"experiment_key": "checkout", "unit_id": user["id"]},
            timeout=5,
        ).json()
        assert answer["value"] == results["checkout-page"].value
