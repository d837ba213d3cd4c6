import json
import sys
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given
from hypothesis import strategies as st

from kindred.experiments.bucketing import pick_arm
from kindred.experiments.engine.conditions import Conditions
from kindred.experiments.engine.context import Context
from kindred.experiments.engine.payload_shape import InvalidPayload
from kindred.experiments.engine.snapshot import UnknownExperiment, compile_snapshot

ARMS = {"key": "arms", "variations": ["v1", "v2"], "bucketing": "md5-percent"}


@given(st.text(max_size=20), st.text(max_size=20), st.floats(min_value=0, max_value=1))
def test_the_arm_of_the_embedding_experiment_is_one_of_the_engines_functions(
    partner_id, app_id, v1_weight
):
    payload = {"experiments": [{**ARMS, "weights": [v1_weight, 1 - v1_weight]}]}
    context = Context({"id": f"{partner_id}:{app_id}"})

    result = compile_snapshot(payload).run_experiment("arms", context)

    assert result.value == pick_arm(partner_id, app_id, v1_weight)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        pytest.param({"features": []}, "features: given list, allowed an object", id="flags"),
        pytest.param({"features": {"a": 1}}, "features.a: given int", id="a flag"),
        pytest.param({"features": {"a": {"rules": {}}}}, "rules: given dict", id="no rules"),
        pytest.param({"features": {"a": {"rules": [1]}}}, "rules[0]: given int", id="a rule"),
        pytest.param(
            {"features": {"a": {"rules": [{"force": 1, "coverage": "all"}]}}},
            "rules[0].coverage: given str, allowed a number",
            id="a share in words",
        ),
        pytest.param(
            {"features": {"a": {"rules": [{"variations": [1, 2], "ranges": [[0]]}]}}},
            "ranges: given [0], allowed [start, end]",
            id="half a range",
        ),
        pytest.param(
            {"features": {"a": {"rules": [{"force": 1, "filters": [{}]}]}}},
            "filters: ranges given None",
            id="a filter without ranges",
        ),
        pytest.param(
            {"experiments": [{"key": "a", "variations": [1, 2], "namespace": ["n", 0]}]},
            "allowed [name, start, end]",
            id="half a namespace",
        ),
        pytest.param({"experiments": [{"variations": [1, 2]}]}, "key: missing", id="no key"),
        pytest.param({"experiments": [ARMS, ARMS]}, "'arms' given 2 times", id="a key twice"),
        pytest.param(
            {"experiments": [{**ARMS, "bucketing": "sha1"}]},
            "given 'sha1', allowed fnv1a-v1, fnv1a-v2, md5-percent",
            id="an unknown bucketing function",
        ),
        pytest.param({"encryptedFeatures": "a.b"}, "no decryption key", id="no key to open it"),
    ],
)
def test_a_payload_of_another_shape_is_refused_with_reasons(payload, said):
    with pytest.raises(InvalidPayload) as caught:
        compile_snapshot(payload)

    assert said in str(caught.value)


def test_all_reasons_are_named():
    with pytest.raises(InvalidPayload, match=r"features\.a.*; features\.b"):
        compile_snapshot({"features": {"a": 1, "b": 2}})


def test_the_version_follows_the_content_and_not_its_order():
    one = {"features": {"a": {"defaultValue": 1}, "b": {"defaultValue": 2}}}
    same = {"features": {"b": {"defaultValue": 2}, "a": {"defaultValue": 1}}}

    assert compile_snapshot(one).version == compile_snapshot(same).version
    assert compile_snapshot(one).version != compile_snapshot({"features": {}}).version


def test_an_encrypted_payload_needs_its_key():
    key, vector = b"k" * 16, b"v" * 16
    padder = PKCS7(128).padder()
    padded = padder.update(json.dumps({"a": {"defaultValue": 7}}).encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    text = b64encode(vector) + b"." + b64encode(encryptor.update(padded) + encryptor.finalize())
    payload = {"encryptedFeatures": text.decode()}

    snapshot = compile_snapshot(payload, decryption_key=b64encode(key).decode())

    assert snapshot.evaluate_flag("a", Context({})).value == 7
    with pytest.raises(InvalidPayload, match="encryptedFeatures"):
        compile_snapshot(payload, decryption_key=b64encode(b"x" * 16).decode())


def test_without_the_cipher_an_encrypted_payload_says_what_is_missing(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(InvalidPayload, match="the package cryptography is not here"):
        compile_snapshot({"encryptedFeatures": "a.b"}, decryption_key="k")


@pytest.mark.parametrize("status", ["draft", "stopped"])
def test_an_experiment_that_does_not_run_assigns_nobody(status):
    snapshot = compile_snapshot({"experiments": [{**ARMS, "status": status}]})

    assert not snapshot.run_experiment("arms", Context({"id": "1"})).in_experiment


@pytest.mark.parametrize("unit", [0, 0.0, True, None, "", [], float("nan"), float("inf")])
def test_what_names_no_unit_is_not_assigned(unit):
    snapshot = compile_snapshot({"experiments": [ARMS]})

    result = snapshot.run_experiment("arms", Context({"id": unit}))

    assert (result.in_experiment, result.hash_value) == (False, "")


def test_an_unknown_experiment_is_said_to_be_unknown():
    with pytest.raises(UnknownExperiment):
        compile_snapshot({}).run_experiment("none", Context({}))


def test_a_forced_value_wins_for_flags_and_for_those_that_wait_for_them():
    waiting = {"parentConditions": [{"id": "parent", "condition": {"value": 1}}], "force": "on"}
    snapshot = compile_snapshot(
        {"features": {"parent": {"defaultValue": 0}, "child": {"rules": [waiting]}}}
    )
    context = Context({}, forced_features={"parent": 1})

    assert snapshot.evaluate_flag("parent", context).source == "override"
    assert snapshot.evaluate_flag("child", context).value == "on"


def test_evaluating_changes_no_sticky_document():
    rule = {"variations": ["a", "b"], "meta": [{"key": "a"}, {"key": "b"}]}
    snapshot = compile_snapshot({"features": {"flag": {"rules": [rule]}}})
    sticky: dict = {}

    first = snapshot.evaluate_flag("flag", Context({"id": "1"}, sticky=sticky)).assignment
    kept = {"id||1": first.sticky_document}
    second = snapshot.evaluate_flag("flag", Context({"id": "1"}, sticky=kept)).assignment

    assert sticky == {}
    assert second.sticky_used
    assert second.sticky_document is None


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param({"$not": {"a": {"$later": 1}}}, id="not something unknown"),
        pytest.param({"a": {"$not": {"$later": 1}}}, id="a value that is not unknown"),
        pytest.param({"$or": 5}, id="no list"),
        pytest.param({"$not": 5}, id="no condition"),
        pytest.param({"$savedGroup": {"id": "round"}}, id="a group that contains itself"),
        pytest.param({"a": {"$inGroup": "later"}}, id="a kind of group that is unknown"),
    ],
)
def test_what_is_not_understood_matches_nobody(condition):
    groups = {
        "round": {"type": "condition", "condition": {"$savedGroup": {"id": "round"}}},
        "later": {"type": "bloom"},
    }

    assert Conditions(groups).compile(condition)({"a": 1}) is False


def test_what_is_understood_decides_beside_what_is_not():
    conditions = Conditions({})

    assert conditions.compile({"$or": [{"a": {"$later": 1}}, {"a": 1}]})({"a": 1}) is True
    assert conditions.compile({"$not": {"a": {"$later": 1}, "b": 2}})({"a": 1, "b": 3}) is True


def test_typed_groups_hold_lists_and_conditions():
    groups = {
        "staff": {"type": "list", "attributeKey": "email", "values": ["a@b.c"]},
        "adults": {"type": "condition", "condition": {"age": {"$gte": 18}}},
    }
    both = {"$and": [{"$savedGroup": {"id": "staff"}}, {"$savedGroup": {"id": "adults"}}]}
    holds = Conditions(groups).compile(both)

    assert holds({"email": "a@b.c", "age": 18}) is True
    assert holds({"email": "a@b.c", "age": 17}) is False
    assert holds({"email": "x@b.c", "age": 18}) is False


def test_a_flag_that_many_wait_for_is_evaluated_once():
    def waiting(layer):
        parents = [{"id": f"f{layer - 1}", "condition": {"value": True}}] * 2
        return {"rules": [{"parentConditions": parents, "force": True}]}

    # Each layer waits twice for the one below: 2^60 evaluations, were each made anew.
    features = {"f0": {"defaultValue": True}} | {f"f{n}": waiting(n) for n in range(1, 61)}

    assert compile_snapshot({"features": features}).evaluate_flag("f60", Context({})).value is True
