"""GrowthBook's cases of flags, and all that flags are made of, through remote evaluation.

It carries attributes; forced variations, QA mode and a page's URL are a client's own.
"""

import itertools
import json

import pytest
from fastapi.testclient import TestClient

from experiments_service.main import create_app
from kindred.experiments.bucketing import BUCKETINGS, HASH_VERSIONS
from tests.conformance.api_path import asking, carried, serving
from tests.conformance.growthbook_cases import SUITE, WITHOUT, load, payload_of
from tests.service.experiments.evaluation_fixtures import collaborators

pytestmark = pytest.mark.skipif(not SUITE.is_file(), reason=WITHOUT)

UNITS = [f"unit-{n}" for n in range(40)]


@pytest.fixture(scope="module")
def ask():
    return asking()


@pytest.fixture(scope="module")
def flag(ask):
    def evaluate(given, key, attributes):
        context = {"targetingKey": attributes.get("id") or "unit", **attributes}
        return ask(given, f"/ofrep/v1/evaluate/flags/{key}", {"context": context})

    return evaluate


def rule(**fields):
    return {"features": {"f": {"defaultValue": "out", "rules": [fields]}}}


def position(ranges, bucket):
    inside = [n for n, (start, end) in enumerate(ranges) if start <= bucket < end]
    return inside[0] if inside else "out"


def bucket_of(unit, seed="s"):
    return BUCKETINGS[HASH_VERSIONS[2]].prepare(seed)(unit)


def test_the_publisher_serves_what_a_case_publishes(flag):
    assert flag(serving(rule(force="in")), "f", {}).json()["value"] == "in"


@pytest.mark.parametrize(
    ("condition", "attributes", "expected", "saved_groups"), load("evalCondition")
)
def test_condition(flag, condition, attributes, expected, saved_groups):
    if not isinstance(attributes.get("id", ""), str):
        # A targeting key is text: what these ask of a number they ask of another attribute.
        renamed = json.dumps([condition, attributes]).replace('"id"', '"number"')
        condition, attributes = json.loads(renamed)
    payload = {**rule(condition=condition, force="in"), "savedGroups": saved_groups}

    answer = flag(serving(payload), "f", attributes).json()

    assert answer["value"] == ("in" if expected else "out")


@pytest.mark.parametrize(
    ("seed", "unit", "version", "expected"),
    # A rule without a seed takes the flag's key.
    [case for case in load("hash") if case.values[0]],
)
def test_hash(flag, seed, unit, version, expected):
    # A rule without a hash lets nobody in, whatever its range.
    around = [0, 1] if expected is None else [expected - 0.00005, expected + 0.00005]
    fields = {"force": "in", "seed": seed, "hashVersion": version}

    inside = flag(serving(rule(range=around, **fields)), "f", {"id": unit}).json()

    assert inside["value"] == ("out" if expected is None else "in")


def assert_ranges(flag, fields, ranges, count):
    given = serving(rule(variations=list(range(count)), seed="s", hashVersion=2, **fields))
    for unit in UNITS:
        answer = flag(given, "f", {"id": unit}).json()
        assert answer["value"] == position(ranges, bucket_of(unit))


@pytest.mark.parametrize(
    ("arguments", "ranges"), [case for case in load("getBucketRange") if case.values[0][0] > 1]
)
def test_bucket_range(flag, arguments, ranges):
    count, coverage, weights = arguments

    fields = {"coverage": coverage, **({"weights": weights} if weights else {})}

    assert_ranges(flag, fields, ranges, count)


@pytest.mark.parametrize(
    ("count", "weights"), [case for case in load("getEqualWeights") if case.values[0] > 1]
)
def test_equal_weights(flag, count, weights):
    ends = list(itertools.accumulate(weights))

    assert_ranges(flag, {}, list(zip([0, *ends], ends, strict=False)), count)


@pytest.mark.parametrize(("bucket", "ranges", "expected"), load("chooseVariation"))
def test_chosen_variation(flag, bucket, ranges, expected):
    unit = next(u for u in (f"u{n}" for n in itertools.count()) if bucket_of(u) == bucket)
    fields = {"variations": list(range(len(ranges))), "ranges": ranges}

    answer = flag(serving(rule(seed="s", hashVersion=2, **fields)), "f", {"id": unit}).json()

    assert answer["value"] == ("out" if expected == -1 else expected)


@pytest.mark.parametrize(("unit", "namespace", "expected"), load("inNamespace"))
def test_namespace(flag, unit, namespace, expected):
    given = serving(rule(variations=["in", "in"], namespace=namespace))

    assert flag(given, "f", {"id": unit}).json()["value"] == ("in" if expected else "out")


@pytest.mark.parametrize(
    ("cipher", "key", "plain"),
    [case for case in load("decrypt") if case.values[2] == '{"feature":{"defaultValue":true}}'],
)
def test_decryption(flag, cipher, key, plain):
    given = serving({"encryptedFeatures": cipher}, decryption_key=key)

    assert flag(given, "feature", {}).json()["value"] is True


@pytest.mark.parametrize(
    ("given", "key", "expected"),
    [case for case in load("feature") + load("contextualBandit") if carried(case.values[0], "url")],
)
def test_feature(flag, given, key, expected):
    response = flag(serving(payload_of(given)), key, given.get("attributes", {}))

    answer = response.json()
    if expected["source"] == "unknownFeature":
        assert (response.status_code, answer["errorCode"]) == (404, "FLAG_NOT_FOUND")
    elif expected["source"] == "cyclicPrerequisite":
        assert (response.status_code, answer["errorCode"]) == (500, "GENERAL")
    else:
        assert answer.get("value") == expected["value"]
        assert answer["metadata"]["source"] == expected["source"]


class StickyUnitsFake:
    """A store that holds what the case gives it."""

    def __init__(self, documents):
        self.documents = {
            f"{each['attributeName']}||{each['attributeValue']}": each for each in documents
        }

    async def recall(self, units):
        asked = {f"{attribute}||{value}" for attribute, value in units}
        return {key: each for key, each in self.documents.items() if key in asked}

    async def remember(self, documents):
        for each in documents:
            self.documents[f"{each['attributeName']}||{each['attributeValue']}"] = each


@pytest.mark.parametrize(
    ("given", "documents", "key", "expected", "after"),
    [
        case
        for case in load("stickyBucket")
        if carried(case.values[0], "stickyBucketAssignmentDocs")
    ],
)
def test_sticky_bucket(given, documents, key, expected, after):
    attributes = given["attributes"]
    units = StickyUnitsFake(documents)
    held = collaborators(serving(payload_of(given), sticky=attributes), sticky_units=units)
    client = TestClient(create_app(held))
    context = {"targetingKey": attributes["id"], **attributes}

    answer = client.post(f"/ofrep/v1/evaluate/flags/{key}", json={"context": context}).json()

    if expected is not None:
        assert answer["value"] == expected["value"]
        assert answer["variant"] == expected["key"]
    for name, document in after.items():
        assert units.documents[name] == document
