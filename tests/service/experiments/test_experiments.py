"""Experiments over the API, on a real database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from experiments_service.database.definitions import load_definitions
from tests.service.experiments.management_fixtures import EXPERIMENT


def soon(**later):
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


def test_a_created_experiment_is_a_draft_with_what_was_not_given_filled_in(platform):
    answer = platform.post("/experiments", EXPERIMENT)

    body = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/v1/experiments/checkout")
    assert (body["status"], body["version"], body["owner"]) == ("draft", 1, "experimenter")
    assert body["allowed_actions"] == ["schedule", "start", "archive"]
    assert platform.get("/experiments/checkout").json() == body


def test_the_sample_size_follows_from_baseline_effect_and_power(platform):
    assert platform.created()["sample_size"] == {
        "planned_per_arm": 262_819,
        "minimum_per_arm": 262_819,
        "minimum_total": 525_638,
    }
    easy = platform.created(key="easy", plan={"baseline": 0.2, "effect": 0.25})
    assert easy["sample_size"]["planned_per_arm"] == 1_030
    assert easy["sample_size"]["minimum_per_arm"] == 10_000


@pytest.mark.parametrize(
    ("changes", "pointer", "detail"),
    [
        pytest.param(
            {
                "variations": [
                    EXPERIMENT["variations"][0],
                    EXPERIMENT["variations"][1] | {"weight": 0.4},
                ]
            },
            "/variations",
            "the weights sum to 0.9, allowed is 1",
            id="weights",
        ),
        pytest.param(
            {"condition": {"country": {"$isin": ["DE"]}}},
            "/condition",
            "unknown operator $isin, allowed",
            id="an unknown operator",
        ),
        pytest.param({"metrics": []}, "/metrics", "no metric has the role primary", id="no metric"),
        pytest.param({"holdout": "gone"}, "/holdout", "given gone, allowed", id="no holdout"),
        pytest.param({"key": "Not A Key"}, "/key", "should match pattern", id="a key"),
        pytest.param({"weight": 1}, "/weight", "not permitted", id="a misspelt field"),
        pytest.param({"name": "a\0b"}, "/name", "should match pattern", id="a NUL"),
        pytest.param(
            {"condition": {"a": "\0"}}, "/condition", "a text with a NUL", id="a NUL inside"
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(platform, changes, pointer, detail):
    answer = platform.post("/experiments", EXPERIMENT | changes)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    [error] = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert detail in error["detail"]


def test_a_key_is_taken_once(platform):
    platform.created()

    assert platform.post("/experiments", EXPERIMENT).status_code == 409


def test_an_experiment_lives_as_the_table_says(platform):
    platform.created()
    lived = [
        platform.post(f"/experiments/checkout/{action}").json()
        for action in ("start", "pause", "resume")
    ]
    ended = platform.post("/experiments/checkout/complete", {"released": "treatment"}).json()
    archived = platform.post("/experiments/checkout/archive").json()

    statuses = [each["status"] for each in (*lived, ended, archived)]
    assert statuses == ["running", "paused", "running", "completed", "archived"]
    assert (ended["released"], archived["version"]) == ("treatment", 6)
    assert lived[0]["starts_at"] < ended["ends_at"]


def test_a_transition_that_is_not_allowed_says_which_ones_are(platform):
    platform.created()
    answer = platform.post("/experiments/checkout/pause")

    assert answer.status_code == 409
    assert "allowed from there: schedule, start, archive" in answer.json()["detail"]


def test_a_release_of_a_variation_that_is_not_there_is_refused(platform):
    platform.created()
    platform.post("/experiments/checkout/start")
    answer = platform.post("/experiments/checkout/complete", {"released": "third"})

    assert (answer.status_code, answer.json()["errors"][0]["allowed"]) == (
        422,
        ["control", "treatment"],
    )
    platform.post("/experiments/checkout/complete", {})
    later = platform.patch("/experiments/checkout", {"released": "third"})
    assert (later.status_code, later.json()["errors"][0]["pointer"]) == (422, "/released")
    assert platform.patch("/experiments/checkout", {"released": "treatment"}).status_code == 200


def test_a_draft_changes_in_everything_and_a_running_one_in_what_is_safe(platform):
    platform.created(coverage=0.5)
    assert platform.patch("/experiments/checkout", {"seed": "s"}).json()["seed"] == "s"

    platform.post("/experiments/checkout/start")
    wider = platform.patch("/experiments/checkout", {"coverage": 0.6, "name": "Other"})
    assert (wider.status_code, wider.json()["coverage"]) == (200, 0.6)
    for unsafe in ({"seed": "t"}, {"coverage": 0.1}):
        refused = platform.patch("/experiments/checkout", unsafe)
        assert refused.status_code == 409
        assert "allowed" in refused.json()["detail"]


def test_whoever_was_slower_is_told_so(platform):
    etag = platform.ask("GET", "/experiments/checkout").headers.get("etag")
    assert etag is None
    platform.created()
    etag = platform.get("/experiments/checkout").headers["etag"]

    first = platform.patch("/experiments/checkout", {"name": "A"}, headers={"If-Match": etag})
    second = platform.patch("/experiments/checkout", {"name": "B"}, headers={"If-Match": etag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert second.headers["etag"] == first.headers["etag"]
    assert platform.get("/experiments/checkout").json()["name"] == "A"


def test_a_change_that_changes_nothing_is_not_recorded(platform):
    platform.created()
    again = platform.patch("/experiments/checkout", {"name": "Checkout"})

    assert again.json()["version"] == 1
    assert len(platform.audit()) == 1


def test_a_clone_is_a_draft_without_history(platform):
    platform.created(seed="s", tags=["a"])
    platform.post("/experiments/checkout/start")
    clone = platform.post("/experiments/checkout/clone", {"key": "again"}, name="bob").json()

    assert (clone["status"], clone["seed"], clone["starts_at"]) == ("draft", None, None)
    assert (clone["name"], clone["tags"], clone["owner"]) == ("Checkout (copy)", ["a"], "bob")


def test_ranges_of_a_namespace_overlap_only_where_it_is_meant(platform):
    def space(start, end):
        return {"namespace": {"name": "prices", "start": start, "end": end}}

    platform.created(**space(0, 0.5))
    beside = platform.post("/experiments", EXPERIMENT | {"key": "beside", **space(0.5, 1)})
    over = EXPERIMENT | {"key": "over", **space(0.4, 0.6)}
    refused = platform.post("/experiments", over)

    assert (beside.status_code, refused.status_code) == (201, 409)
    assert "beside [0.5, 1)" in refused.json()["detail"]
    assert "checkout [0, 0.5)" in refused.json()["detail"]
    meant = platform.post("/experiments", over | {"allow_namespace_overlap": True})
    assert meant.status_code == 201


def test_lists_go_by_pages_and_filters(platform):
    for number in range(5):
        platform.created(key=f"e{number}", name=f"Test {number}", tags=[f"t{number % 2}"])
    platform.post("/experiments/e1/start")

    first = platform.get("/experiments?limit=2").json()
    second = platform.get(f"/experiments?limit=2&cursor={first['next_cursor']}").json()
    third = platform.get(f"/experiments?limit=2&cursor={second['next_cursor']}").json()
    pages = [[each["key"] for each in page["experiments"]] for page in (first, second, third)]
    assert pages == [["e4", "e3"], ["e2", "e1"], ["e0"]]
    assert third["next_cursor"] is None

    def found(query):
        return [each["key"] for each in platform.get(f"/experiments?{query}").json()["experiments"]]

    assert found("status=running") == ["e1"]
    assert found("tag=t1") == ["e3", "e1"]
    assert found("search=TEST 3") == ["e3"]
    assert found("search=%25") == []
    assert found("owner=nobody") == []
    assert platform.get("/experiments?cursor=abc").status_code == 422


def test_a_schedule_needs_times_to_come(platform):
    platform.created()
    for body in ({}, {"ends_at": soon(days=1)}, {"starts_at": soon(days=-1)}):
        assert platform.post("/experiments/checkout/schedule", body).status_code == 422
    backwards = {"starts_at": soon(days=2), "ends_at": soon(days=1)}
    assert platform.post("/experiments/checkout/schedule", backwards).status_code == 422

    times = {"starts_at": soon(days=1), "ends_at": soon(days=8)}
    scheduled = platform.post("/experiments/checkout/schedule", times).json()
    assert scheduled["status"] == "scheduled"
    assert platform.post("/experiments/checkout/unschedule").json()["status"] == "draft"


def test_every_change_is_published_once(platform):
    before = platform.collaborators.publisher.changes
    platform.created()
    platform.post("/experiments/checkout/start")
    platform.post("/experiments/checkout/start")

    assert platform.collaborators.publisher.changes == before + 2


def test_what_is_evaluated_is_read_whole_with_its_revision(platform):
    platform.created(segments=["country"], condition={"country": "DE"})
    platform.flag()
    platform.post("/saved-groups", {"key": "staff", "attribute": "id", "values": ["1"]})
    platform.post("/holdouts", {"key": "everyone", "share": 0.05})

    async def load():
        async with platform.collaborators.sessions() as session:
            return await load_definitions(session)

    found = platform.run(load)
    assert found.revision == 4
    assert found.experiments[0].control.key == "control"
    assert found.experiments[0].condition == {"country": "DE"}
    assert found.flags[0].rules[0].coverage == 0.1
    assert (found.saved_groups[0].values, found.holdouts[0].share) == (("1",), 0.05)


def test_without_its_database_the_service_says_so(platform):
    class Gone:
        def __call__(self):
            raise ConnectionRefusedError("gone")

        begin = __call__

    held = platform.client.app.state.collaborators
    platform.client.app.state.collaborators = replace(held, sessions=Gone(), reader=Gone())
    try:
        answers = [platform.get("/experiments"), platform.post("/experiments", EXPERIMENT)]
    finally:
        platform.client.app.state.collaborators = held

    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].json()["type"] == "urn:kindred:problem:database-unavailable"
