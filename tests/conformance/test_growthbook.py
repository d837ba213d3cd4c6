"""All of GrowthBook's cases, one test each."""

import pytest

from kindred.experiments.bucketing import BUCKETINGS, HASH_VERSIONS
from kindred.experiments.engine.conditions import Conditions
from kindred.experiments.engine.decryption import CannotDecrypt, decrypt
from kindred.experiments.engine.filters import compile_namespace
from kindred.experiments.engine.ranges import bucket_ranges, choose_variation, equal_weights
from kindred.experiments.engine.snapshot import compile_snapshot
from kindred.experiments.engine.urls import query_override
from tests.conformance.growthbook_cases import (
    SUITE,
    WITHOUT,
    context_of,
    load,
    payload_of,
    spelled,
    spelled_assignment,
    sticky_documents,
)

pytestmark = pytest.mark.skipif(not SUITE.is_file(), reason=WITHOUT)


@pytest.mark.parametrize(
    ("condition", "attributes", "expected", "saved_groups"), load("evalCondition")
)
def test_condition(condition, attributes, expected, saved_groups):
    assert Conditions(saved_groups).compile(condition)(attributes) is expected


@pytest.mark.parametrize(("seed", "unit", "version", "expected"), load("hash"))
def test_hash(seed, unit, version, expected):
    name = HASH_VERSIONS.get(version)

    assert (name and BUCKETINGS[name].prepare(seed)(unit)) == expected


@pytest.mark.parametrize(("arguments", "expected"), load("getBucketRange"))
def test_bucket_range(arguments, expected):
    ranges = bucket_ranges(*arguments)

    assert [[round(bound, 9) for bound in share] for share in ranges] == expected


@pytest.mark.parametrize(("bucket", "ranges", "expected"), load("chooseVariation"))
def test_chosen_variation(bucket, ranges, expected):
    assert choose_variation(bucket, ranges) == expected


@pytest.mark.parametrize(("key", "url", "count", "expected"), load("getQueryStringOverride"))
def test_query_string_override(key, url, count, expected):
    assert query_override(key, url, count) == expected


@pytest.mark.parametrize(("unit", "namespace", "expected"), load("inNamespace"))
def test_namespace(unit, namespace, expected):
    assert compile_namespace(namespace)(unit) is expected


@pytest.mark.parametrize(("count", "expected"), load("getEqualWeights"))
def test_equal_weights(count, expected):
    assert [round(weight, 8) for weight in equal_weights(count)] == expected


@pytest.mark.parametrize(("cipher", "key", "expected"), load("decrypt"))
def test_decryption(cipher, key, expected):
    if expected is None:
        with pytest.raises(CannotDecrypt):
            decrypt(cipher, key)
    else:
        assert decrypt(cipher, key) == expected


@pytest.mark.parametrize(("given", "key", "expected"), load("feature") + load("contextualBandit"))
def test_feature(given, key, expected):
    result = compile_snapshot(payload_of(given)).evaluate_flag(key, context_of(given))

    assert spelled(result) == expected


@pytest.mark.parametrize(
    ("given", "experiment", "value", "in_experiment", "hash_used"), load("run")
)
def test_experiment(given, experiment, value, in_experiment, hash_used):
    snapshot = compile_snapshot({**payload_of(given), "experiments": [experiment]})

    result = snapshot.run_experiment(experiment["key"], context_of(given))

    assert (result.value, result.in_experiment, result.hash_used) == (
        value,
        in_experiment,
        hash_used,
    )


@pytest.mark.parametrize(("given", "documents", "key", "expected", "after"), load("stickyBucket"))
def test_sticky_bucket(given, documents, key, expected, after):
    sticky = sticky_documents(documents, given["attributes"])
    snapshot = compile_snapshot(payload_of(given))

    assignment = snapshot.evaluate_flag(key, context_of(given, sticky=sticky)).assignment

    assert (assignment and spelled_assignment(assignment)) == expected
    stored = assignment.sticky_document if assignment else None
    if stored:
        sticky[f"{stored['attributeName']}||{stored['attributeValue']}"] = stored
    assert sticky == after


@pytest.mark.parametrize(("given", "expected"), load("urlRedirect"))
def test_url_redirect(given, expected):
    redirect = compile_snapshot(payload_of(given)).redirect(context_of(given))

    assert redirect is not None
    assert [
        {
            "inExperiment": redirect.assignment.in_experiment,
            "urlRedirect": redirect.url,
            "urlWithParams": redirect.url_with_params,
        }
    ] == expected


def test_no_case_is_left_out():
    functions = (
        "evalCondition hash getBucketRange feature run chooseVariation getQueryStringOverride "
        "inNamespace getEqualWeights decrypt stickyBucket urlRedirect contextualBandit"
    )

    assert sum(len(load(function)) for function in functions.split()) == 517
