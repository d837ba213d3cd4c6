from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest

from experiment_functions import assign, evaluation_settings
from kindred.experiments.events import Exposure
from kindred.privacy.generations import rotated
from tests.pseudonyms import pseudonym

UNIT = {"id": "unit-1", "country": "DE", "premium": True, "tags": ["a"]}


def ask(**event):
    return assign.handler({"experiment_key": "button", "attributes": UNIT, **event}, None)


def test_a_unit_is_assigned_to_a_variation_and_stays(cloud):
    first = ask()

    assert first["in_experiment"]
    assert first["variation"] in ("control", "green")
    assert ask() == first


def test_nothing_is_said_on_the_stream_unasked(cloud):
    assert "exposure" not in ask()
    assert cloud.events() == []


def test_an_exposure_is_put_on_the_stream_with_its_segments(cloud):
    answer = ask(track=True, covariate=2.5)

    ((partition_key, event),) = cloud.events()
    assert isinstance(event, Exposure)
    assert partition_key == event.unit_id == pseudonym("unit-1")
    assert answer["hash_value"] == "unit-1"
    assert (event.experiment_id, event.variation) == ("button", answer["variation"])
    assert event.segments == {"country": "DE", "premium": "true"}
    assert event.covariate == 2.5
    assert answer["exposure"] == {"event_id": event.event_id, "status": "accepted"}
    assert abs((datetime.now(UTC) - event.occurred_at).total_seconds()) < 10


def test_a_unit_keeps_its_pseudonym_in_an_experiment_that_began_before_a_rotation(cloud):
    held = cloud.secrets.get_secret_value(SecretId="pseudonyms")["SecretString"]
    today = datetime(2026, 6, 1, tzinfo=UTC)
    after = rotated(held, key="b" * 64, now=today, keep=timedelta(days=1000))
    cloud.secrets.put_secret_value(SecretId="pseudonyms", SecretString=after)

    ask(track=True)

    ((_, event),) = cloud.events()
    assert event.unit_id == pseudonym("unit-1")


def test_without_pseudonyms_an_exposure_is_to_be_sent_again(cloud):
    cloud.secrets.delete_secret(SecretId="pseudonyms", ForceDeleteWithoutRecovery=True)

    answer = ask(track=True, event_id="call-0000000000001")

    assert answer["exposure"] == {"event_id": "call-0000000000001", "status": "retry"}
    assert answer["in_experiment"]
    assert cloud.events() == []


def test_why_pseudonyms_cannot_be_read_is_logged_once(cloud, monkeypatch):
    log = Mock()
    monkeypatch.setattr(evaluation_settings, "logger", lambda: log)
    cloud.secrets.delete_secret(SecretId="pseudonyms", ForceDeleteWithoutRecovery=True)

    for _ in range(2):
        ask(track=True)

    [(words, given)] = log.warning.call_args_list
    assert words == ("pseudonyms not read",)
    assert "ResourceNotFoundException" in given["reason"]


def test_an_exposure_keeps_the_id_that_makes_it_count_once(cloud):
    for _ in range(2):
        ask(track=True, event_id="call-0000000000001")

    assert {event.event_id for _, event in cloud.events()} == {"call-0000000000001"}


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"attributes": {}}, id="a unit without id"),
        pytest.param({"forced_variations": {"button": 1}}, id="a forced variation"),
        pytest.param({"url": "https://example.com/?button=1"}, id="a variation from the address"),
        pytest.param({"qa_mode": True}, id="quality assurance"),
    ],
)
def test_whom_no_hash_assigned_is_no_exposure(cloud, event):
    assert "exposure" not in ask(track=True, **event)
    assert cloud.events() == []


def test_an_exposure_that_the_stream_refuses_does_not_cost_the_assignment(cloud, monkeypatch):
    monkeypatch.setattr("kindred_aws.event_stream._PAUSES_SECONDS", ())
    cloud.kinesis.delete_stream(StreamName="events")

    answer = ask(track=True)

    assert answer["in_experiment"]
    assert answer["exposure"]["status"] == "retry"


@pytest.mark.parametrize("unit", ["x" * 257, "\ud83d"], ids=["too long", "half a character"])
def test_a_unit_whose_name_no_event_can_carry_is_assigned_and_not_counted(cloud, unit):
    answer = ask(track=True, attributes={"id": unit})

    assert answer["in_experiment"]
    assert answer["exposure"]["status"] == "refused"


def test_half_a_character_in_a_segment_does_not_cost_the_exposure(cloud):
    ask(track=True, attributes={"id": "unit-1", "country": "\ud83d"})

    assert cloud.events()[0][1].segments == {"country": "?"}


def test_a_remembered_variation_is_kept_and_a_new_one_is_given_to_be_stored(cloud):
    fresh = ask(sticky=[])
    document = fresh["sticky_document"]
    other = "green" if fresh["variation"] == "control" else "control"
    kept = {**document, "assignments": {"button__0": other}}

    again = ask(sticky=[kept])

    assert document["assignments"] == {"button__0": fresh["variation"]}
    assert (again["variation"], again["sticky_used"]) == (other, True)
    assert "sticky_document" not in again


@pytest.mark.parametrize(
    ("event", "code", "allowed"),
    [
        pytest.param({"experiment_key": "none"}, "unknown_experiment", "button", id="unknown"),
        pytest.param({"experiment_key": None}, "invalid_experiment_key", "text", id="no key"),
        pytest.param({"track": "yes"}, "invalid_track", "true or false", id="track"),
        pytest.param({"track": True, "event_id": "1"}, "invalid_event_id", "16 to 36", id="id"),
        pytest.param({"track": True, "covariate": "1"}, "invalid_covariate", "number", id="text"),
        pytest.param(
            {"track": True, "covariate": float("nan")}, "invalid_covariate", "number", id="nan"
        ),
    ],
)
def test_a_bad_request_is_told_what_is_allowed(cloud, event, code, allowed):
    error = ask(**event)["error"]

    assert error["code"] == code
    assert allowed in error["allowed"]
    assert cloud.events() == []
