"""GrowthBook's cases through the service's API, as far as a request can carry them.

Remote evaluation carries flags and attributes; `assign` carries experiments and the page's URL.
Neither carries forced variations, QA mode or a switched-off context, which are a client's own.
"""

import asyncio
import itertools
import json

import httpx
import pytest
from fastapi.testclient import TestClient

from experiments_service.main import create_app
from experiments_service.publication.published import Published
from kindred.experiments.bucketing import BUCKETINGS, HASH_VERSIONS
from kindred.experiments.definitions import Experiment, SamplePlan, Variation
from kindred.experiments.engine.snapshot import compile_snapshot
from tests.conformance.growthbook_cases import SUITE, WITHOUT, load, payload_of
from tests.service.experiments.evaluation_fixtures import PublisherFake, collaborators, published

pytestmark = pytest.mark.skipif(not SUITE.is_file(), reason=WITHOUT)

UNITS = [f"unit-{n}" for n in range(40)]
_NOT_CARRIED = ("forcedVariations", "qaMode", "enabled", "overrides")


def serving(payload, *, experiments=(), sticky=(), decryption_key=None):
    """The service with this payload's snapshot published."""
    return Published(
        copy=published().copy,
        snapshot=compile_snapshot(payload, decryption_key=decryption_key),
        experiments={each.key: each for each in experiments},
        intakes={},
        disabled=frozenset(),
        sticky_attributes=frozenset(sticky),
        features=b"",
        next_change=None,
    )


@pytest.fixture(scope="module")
def ask():
    """Posts to the application; one of them for all cases, each with its own snapshot."""
    held = collaborators(published())
    app = create_app(held)

    def post(given, path, body):
        async def send():
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.post(path, json=body)

        held.publisher.held = given
        return asyncio.run(send())

    return post


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


def carried(given, *others, unit="id"):
    """Whether attributes name the unit by text, and nothing else is asked for."""
    named = given.get("attributes", {}).get(unit)
    asked = {*_NOT_CARRIED, *others} & given.keys()
    return isinstance(named, str) and len(named) > 0 and not asked


def test_the_publisher_serves_what_a_case_publishes(flag):
    assert isinstance(collaborators(published()).publisher, PublisherFake)
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


def defined(experiment):
    """What the platform knows of it beside the payload."""
    values = experiment["variations"]
    meta = experiment.get("meta") or []
    keys = [meta[n].get("key", str(n)) if n < len(meta) else str(n) for n in range(len(values))]
    urls = [v.get("urlRedirect") if isinstance(v, dict) else None for v in values]
    return Experiment(
        key=experiment["key"],
        name=experiment["key"],
        variations=tuple(
            Variation(key=key, name=key, weight=0, is_control=n == 0, value=value, redirect_url=url)
            for n, (key, value, url) in enumerate(zip(keys, values, urls, strict=True))
        ),
        metrics=(),
        plan=SamplePlan(baseline=0.1, effect=0.1),
        hash_attribute=experiment.get("hashAttribute", "id"),
    )


def assigned(ask, given, experiment):
    payload = {**payload_of(given), "experiments": [experiment]}
    attributes = given.get("attributes", {})
    body = {
        "experiment_key": experiment["key"],
        "unit_id": attributes[experiment.get("hashAttribute", "id")],
        "attributes": attributes,
        "url": given.get("url", ""),
    }
    definition = defined(experiment)
    answer = ask(serving(payload, experiments=[definition]), "/api/v1/tracking/assign", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("given", "experiment", "value", "in_experiment", "hash_used"),
    [
        case
        for case in load("run")
        if carried(case.values[0], unit=case.values[1].get("hashAttribute", "id"))
    ],
)
def test_run(ask, given, experiment, value, in_experiment, hash_used):
    answer = assigned(ask, given, experiment)

    assert (answer["value"], answer["in_experiment"]) == (value, in_experiment)
    assert (answer["exposure"] is not None) == hash_used


@pytest.mark.parametrize(
    ("key", "url", "count", "expected"),
    [case for case in load("getQueryStringOverride") if case.values[3] is not None],
)
def test_query_string_override(ask, key, url, count, expected):
    experiment = {"key": key, "variations": list(range(count))}

    answer = assigned(ask, {"attributes": {"id": "unit"}, "url": url}, experiment)

    assert (answer["value"], answer["exposure"]) == (expected, None)


@pytest.mark.parametrize(("given", "expected"), load("urlRedirect"))
def test_url_redirect(ask, given, expected):
    answers = [assigned(ask, given, experiment) for experiment in given["experiments"]]

    # A page runs the first that applies; the edge function is what does so.
    first = next(answer for answer in answers if answer["in_experiment"])
    assert first["in_experiment"] == expected[0]["inExperiment"]
    assert first["value"] == {"urlRedirect": expected[0]["urlRedirect"]}
