import pytest

from kindred.prediction.track_record import NoTrackRecord, TrackRecord


def ask(client, **changes):
    body = {"partner_id": "partner", "app_id": "app-001"} | changes
    return client.post("/api/v1/predict", json=body)


def test_a_prediction_has_a_score_within_its_interval_and_its_evidence(prediction):
    answer = ask(prediction).json()

    predicted = answer["prediction"]
    assert predicted["interval"]["low"] <= predicted["score"] <= predicted["interval"]["high"]
    assert predicted["measure"] == "ctr"
    assert predicted["evidence_count"] > 0
    assert answer["latency_ms"] > 0


def test_segments_come_from_the_catalogue_and_their_shares_make_a_whole(prediction):
    segments = ask(prediction).json()["prediction"]["segments"]

    assert {segment["category"] for segment in segments} <= {"Games", "Weather", "Finance"}
    assert sum(segment["share"] for segment in segments) == pytest.approx(1)


def test_given_neighbours_are_the_evidence(prediction):
    given = [{"app_id": "app-003", "similarity": 0.9}, {"app_id": "app-006", "similarity": 0.8}]
    answer = ask(prediction, neighbors=given).json()["prediction"]

    assert answer["evidence_count"] == 2
    assert {segment["category"] for segment in answer["segments"]} == {"Games"}


def test_an_app_is_no_evidence_for_itself(prediction):
    given = [{"app_id": "app-001", "similarity": 1.0}]

    answer = ask(prediction, neighbors=given).json()["prediction"]
    assert answer["evidence_count"] == 0
    assert answer["thin"]


def test_a_new_app_is_predicted_from_its_metadata(prediction, new_app):
    answer = ask(prediction, app_id="not-there", app=new_app).json()

    assert answer["query_source"] == "request"
    assert 0 < answer["prediction"]["score"] < 1


def test_the_predicted_score_is_recorded(prediction, platform):
    score = ask(prediction).json()["prediction"]["score"]

    [(served, record)] = platform.recorder.served
    assert served.operation == "predict"
    assert record.predicted_score == score


def test_a_catalogue_without_any_history_says_that_there_is_nothing_to_predict_from(
    prediction, monkeypatch
):
    def nothing(*arguments, **keywords):
        raise NoTrackRecord("no app of the catalogue has a recorded performance")

    monkeypatch.setattr(TrackRecord, "predict", nothing)
    response = ask(prediction)

    assert response.status_code == 503
    assert response.json()["type"] == "urn:kindred:problem:no-track-record"


@pytest.mark.parametrize(
    ("neighbors", "pointer"),
    [
        pytest.param([], "/neighbors", id="none"),
        pytest.param([{"app_id": "x", "similarity": 2}], "/neighbors/0/similarity", id="above one"),
        pytest.param([{"app_id": "x", "similarity": 1}], "/neighbors/0/app_id", id="unknown app"),
        pytest.param([{"app_id": "app-002", "similarity": 1}] * 101, "/neighbors", id="too many"),
    ],
)
def test_wrong_neighbours_are_a_problem(prediction, neighbors, pointer):
    response = ask(prediction, neighbors=neighbors)

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == pointer
