"""GrowthBook's cases through both functions and the edge, as far as each can be asked them."""

import itertools
import json

import pytest

from kindred.experiments.bucketing import BUCKETINGS
from kindred.experiments.engine.decryption import decrypt
from tests.conformance.growthbook_cases import SUITE, WITHOUT, load, payload_of
from tests.conformance.paths import (
    HOST,
    AssignFunction,
    EdgeFunction,
    FlagFunction,
    event_of,
)

pytestmark = pytest.mark.skipif(not SUITE.is_file(), reason=WITHOUT)

UNITS = [f"unit-{number}" for number in range(40)]
ON_RULES = {"key", "variations", "weights", "coverage", "condition", "namespace", "ranges"} | {
    "filters",
    "seed",
    "hashVersion",
    "hashAttribute",
    "parentConditions",
}


@pytest.fixture(params=[FlagFunction, AssignFunction, EdgeFunction], ids=lambda made: made.__name__)
def path(request, monkeypatch):
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Kindred")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")
    return request.param(monkeypatch)


@pytest.fixture
def is_edge(path):
    return isinstance(path, EdgeFunction)


def definition(**fields):
    """By default everybody sees the first variation."""
    return {"key": "f", "variations": ["in", "out"], "weights": [1, 0], **fields}


def positions(ranges, bucket):
    return next((n for n, (start, end) in enumerate(ranges) if start <= bucket < end), None)


def bucket_of(unit):
    return BUCKETINGS["fnv1a-v2"].prepare("s")(unit)


def all_carried(path, cases):
    """The cases that this path can be asked; a path that can be asked none proves nothing."""
    carried = [case.values for case in cases if path.carries(case.values[0])]
    assert carried
    return carried


def test_condition(path, is_edge):
    for condition, attributes, expected, groups in (case.values for case in load("evalCondition")):
        if is_edge and not path.carries({"attributes": attributes}):
            continue
        given = {"attributes": {**attributes, **({} if is_edge else {"unit": "u"})}}
        unit = {} if is_edge else {"hashAttribute": "unit"}

        seen = path.ask(definition(condition=condition, **unit), given, savedGroups=groups)

        assert (seen == 0) is expected, condition


def test_hash(path):
    cases = [
        ({"attributes": {"id": unit}}, seed, version, expected)
        for seed, unit, version, expected in (case.values for case in load("hash"))
        # A definition without a seed takes its key.
        if seed
    ]
    for given, seed, version, expected in [case for case in cases if path.carries(case[0])]:
        around = [0, 1] if expected is None else [expected - 0.00005, expected + 0.00005]
        fields = {"seed": seed, "hashVersion": version, "ranges": [around, [0, 0]]}

        assert path.ask(definition(**fields), given) == (None if expected is None else 0), seed


def assert_ranges(path, fields, count, ranges):
    asked = definition(variations=list(range(count)), seed="s", hashVersion=2)
    asked = {name: value for name, value in asked.items() if name != "weights"} | fields
    for unit in UNITS:
        assert path.ask(asked, {"attributes": {"id": unit}}) == positions(ranges, bucket_of(unit))


def test_bucket_range(path):
    for (count, coverage, weights), ranges in (case.values for case in load("getBucketRange")):
        fields = {"coverage": coverage, **({"weights": weights} if weights else {})}
        assert_ranges(path, fields, count, ranges)


def test_equal_weights(path):
    for count, weights in (case.values for case in load("getEqualWeights")):
        if count > 1:
            ends = list(itertools.accumulate(weights))
            assert_ranges(path, {}, count, list(zip([0, *ends], ends, strict=False)))


def test_chosen_variation(path):
    for bucket, ranges, expected in (case.values for case in load("chooseVariation")):
        unit = next(u for u in (f"u{n}" for n in itertools.count()) if bucket_of(u) == bucket)
        asked = definition(
            variations=list(range(len(ranges))), ranges=ranges, seed="s", hashVersion=2
        )

        seen = path.ask(asked, {"attributes": {"id": unit}})

        assert (-1 if seen is None else seen) == expected


def test_namespace(path):
    for unit, namespace, expected in (case.values for case in load("inNamespace")):
        seen = path.ask(definition(namespace=namespace), {"attributes": {"id": unit}})

        assert (seen == 0) is expected


def test_query_string_override(path):
    for key, url, count, expected in (case.values for case in load("getQueryStringOverride")):
        asked = {"key": key, "variations": list(range(count)), "coverage": 0}
        url = url.replace("http://example.com", f"https://{HOST}")

        assert path.ask(asked, {"attributes": {"id": "unit"}, "url": url}) == expected


def test_decryption(path, is_edge):
    cipher, key, plain = load("decrypt")[0].values
    waiting = definition(parentConditions=[{"id": "feature", "condition": {"value": True}}])
    given = {"attributes": {"id": "unit"}}

    if is_edge:
        # A configuration is opened where it is baked.
        assert json.loads(decrypt(cipher, key)) == json.loads(plain)
        assert path.ask(waiting, given, features=json.loads(decrypt(cipher, key))) == 0
    else:
        assert path.ask_beside_encrypted(waiting, given, cipher=cipher, key=key) == 0


@pytest.mark.parametrize("function", ["feature", "contextualBandit"])
def test_feature(path, function):
    """The unit is in an experiment that waits for the flag to have the value of the case."""
    for given, key, expected in all_carried(path, load(function)):
        if isinstance(path, FlagFunction):
            answer = path.invoke(payload_of(given), {**event_of(given), "flag_key": key})
            assert answer["value"] == expected["value"]
            assert answer["source"] == expected["source"]
            assert answer["rule_id"] == expected["ruleId"]
        elif expected["source"] != "cyclicPrerequisite" and given.get("enabled", True):
            condition = {"value": expected["value"]}
            asked = definition(
                key="waits",
                hashAttribute="unit",
                parentConditions=[{"id": key, "condition": condition}],
            )
            attributes = {**given.get("attributes", {}), "unit": "unit"}
            if isinstance(path, EdgeFunction):
                asked["hashAttribute"], attributes = "id", given.get("attributes", {})
            case = {**given, "attributes": attributes, "qaMode": False}
            if isinstance(path, EdgeFunction) or not given.get("qaMode"):
                assert path.ask(asked, case, **payload_of(given)) == 0, (key, expected)


def test_run(path):
    for given, experiment, value, in_experiment, _ in all_carried(path, load("run")):
        if isinstance(path, FlagFunction) and not experiment.keys() <= ON_RULES:
            continue
        if path.__class__ is EdgeFunction and not _for_pages(given, experiment):
            continue
        seen = path.ask(experiment, given, **payload_of(given))

        assert seen == (experiment["variations"].index(value) if in_experiment else None)


def _for_pages(given, experiment):
    return (
        experiment.get("hashAttribute", "id") == "id"
        and given.get("attributes", {}).get("id")
        and experiment.get("active") is not False
    )


def test_sticky_bucket(path, is_edge):
    asked_at_all = 0
    for given, documents, key, expected, _ in (case.values for case in load("stickyBucket")):
        rule = {**given["features"][key]["rules"][0]}
        rule.setdefault("key", key)
        variation = None if expected is None else expected["variationId"]
        if is_edge:
            # Its cookie is what it remembers.
            if expected is None or not expected["stickyBucketUsed"]:
                continue
            cookies = [f"exp_{rule['key']}={expected['key']}"]
            page = {"attributes": {"id": "unit"}}
            seen = path.ask({**rule, "hashAttribute": "id"}, page, cookies=cookies)
        else:
            seen = path.ask(rule, given, documents=documents)
        asked_at_all += 1
        assert seen == variation
    assert asked_at_all


def test_url_redirect(path, is_edge):
    for given, expected in (case.values for case in load("urlRedirect")):
        wanted = expected[0]
        if is_edge:
            payload = json.loads(json.dumps(payload_of(given)).replace("http://", "https://"))
            location = path.visit(payload, given)
            assert location == wanted["urlWithParams"].replace("http://", "https://")
            continue
        answers = [_redirected(path, given, experiment) for experiment in given["experiments"]]
        first = next(answer for answer in answers if answer is not None)
        assert first["url"] == wanted["urlRedirect"]
        assert first.get("url_with_params", wanted["urlWithParams"]) == wanted["urlWithParams"]


def _redirected(path, given, experiment):
    """What a function says of one experiment of a page; the flag's only says where it leads."""
    event = event_of(given)
    if isinstance(path, AssignFunction):
        event["experiment_key"] = experiment["key"]
        answer = path.invoke({"experiments": [experiment]}, event)
        return answer.get("redirect")
    payload = {"features": {experiment["key"]: {"rules": [experiment]}}}
    value = path.invoke(payload, {**event, "flag_key": experiment["key"]})["value"]
    return {"url": value["urlRedirect"]} if value else None
