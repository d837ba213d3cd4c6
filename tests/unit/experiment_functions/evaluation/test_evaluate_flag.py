import pytest

from experiment_functions import evaluate_flag, evaluation_settings


def evaluate(**event):
    return evaluate_flag.handler(event, None)


def test_a_flag_is_evaluated_for_the_attributes_given(cloud):
    german = evaluate(flag_key="colour", attributes={"id": "1", "country": "DE"})

    assert (german["value"], german["source"], german["rule_id"]) == ("gold", "force", "german")
    assert evaluate(flag_key="colour", attributes={"country": "FR"})["value"] == "grey"
    assert len(german["snapshot_version"]) == 16


def test_an_experiment_behind_a_flag_is_named_with_its_variation(cloud):
    answer = evaluate(flag_key="layout", attributes={"id": "1"})

    assert answer["assignment"]["experiment_key"] == "layout"
    assert answer["assignment"]["value"] == answer["value"]


def test_many_flags_are_evaluated_in_one_call(cloud):
    answer = evaluate(flag_keys=["colour", "layout", "none"], attributes={"id": "1"})

    assert set(answer["flags"]) == {"colour", "layout", "none"}
    assert answer["flags"]["none"]["source"] == "unknownFeature"


def test_the_same_question_is_answered_from_memory(cloud, emitted):
    attributes = {"id": "1", "country": "DE"}
    first = evaluate(flag_key="colour", attributes=attributes)
    assert emitted()["CacheHits"] == [0.0]

    second = evaluate(flag_key="colour", attributes=dict(reversed(attributes.items())))

    assert second == first
    assert emitted()["CacheHits"] == [1.0]


@pytest.mark.parametrize(
    ("other", "value"),
    [
        pytest.param({"attributes": {"country": "FR"}}, "grey", id="attributes"),
        pytest.param({"forced_features": {"colour": "red"}}, "red", id="a forced value"),
    ],
)
def test_another_question_is_not(cloud, other, value):
    evaluate(flag_key="colour", attributes={"country": "DE"})

    assert evaluate(**{"flag_key": "colour", **other})["value"] == value


def test_what_is_remembered_of_older_definitions_is_not_answered(cloud):
    before = evaluate(flag_key="colour")
    cloud.publish({"features": {"colour": {"defaultValue": "blue"}}})
    evaluation_settings.current_snapshot.cache_clear()

    after = evaluate(flag_key="colour")

    assert (before["value"], after["value"]) == ("grey", "blue")
    assert after["snapshot_version"] != before["snapshot_version"]


@pytest.mark.parametrize(
    ("event", "code", "allowed"),
    [
        pytest.param({}, "invalid_flag_keys", "1 to 100 flag_keys", id="nothing"),
        pytest.param({"flag_keys": []}, "invalid_flag_keys", "1 to 100", id="no flag"),
        pytest.param({"flag_keys": ["a"] * 101}, "invalid_flag_keys", "1 to 100", id="many"),
        pytest.param({"flag_key": 7}, "invalid_flag_key", "a text of 1 to 256", id="a number"),
        pytest.param({"flag_key": ""}, "invalid_flag_key", "a text of 1 to 256", id="no text"),
        pytest.param(
            {"flag_key": "a", "attributes": []}, "invalid_attributes", "up to 100", id="a list"
        ),
        pytest.param(
            {"flag_key": "a", "attributes": {"id": "x" * 20_000}},
            "invalid_attributes",
            "16384 bytes",
            id="large attributes",
        ),
        pytest.param(
            {"flag_key": "a", "attributes": {str(n): n for n in range(101)}},
            "invalid_attributes",
            "up to 100 entries",
            id="many attributes",
        ),
        pytest.param({"flag_key": "a", "url": 1}, "invalid_url", "8192", id="a url"),
        pytest.param({"flag_key": "a", "qa_mode": 1}, "invalid_qa_mode", "true", id="a mode"),
        pytest.param(
            {"flag_key": "a", "forced_variations": {"a": "b"}},
            "invalid_forced_variations",
            "position",
            id="a variation by name",
        ),
        pytest.param({"flag_key": "a", "sticky": {}}, "invalid_sticky", "a list", id="sticky"),
        pytest.param(
            {"flag_key": "a", "sticky": [{"assignments": {"a": []}}]},
            "invalid_sticky",
            "assignments",
            id="a sticky assignment",
        ),
    ],
)
def test_a_bad_request_is_told_what_is_allowed(cloud, event, code, allowed):
    error = evaluate(**event)["error"]

    assert error["code"] == code
    assert allowed in error["allowed"]


def test_an_event_that_is_no_object_is_told_so_too(cloud):
    assert evaluate_flag.handler(["colour"], None)["error"]["code"] == "invalid_event"


def test_before_the_first_publication_there_is_nothing_to_evaluate(empty_cloud):
    error = evaluate(flag_key="colour")["error"]

    assert error["code"] == "definitions_unavailable"
    assert "published" in error["given"]
