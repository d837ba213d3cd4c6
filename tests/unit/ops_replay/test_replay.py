"""A data set goes through the platform as it is, once, and its counts are compared to the unit."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from kindred.experiments.events import decode
from ops.replay.api import Access, PlatformRefused, ReplayApi
from ops.replay.data_sets import DATA_SETS
from ops.replay.replaying import Source, replay
from ops.replay.visit_events import visit_events

COOKIE_CATS = """userid,version,sum_gamerounds,retention_1,retention_7
116,gate_30,3,0,0
337,gate_30,38,1,0
377,gate_40,165,1,1
378,gate_50,1,1,1
379,gate_40,many,1,1
380,gate_40,0,0,0
"""
AB_DATA = """user_id,timestamp,group,landing_page,converted
1,2017-01-21 22:11:48,control,old_page,0
2,2017-01-12 08:01:45,control,new_page,1
2,2017-01-12 09:01:45,treatment,new_page,1
3,2017-01-11 16:55:06,treatment,new_page,0
3,2017-01-14 16:55:06,treatment,new_page,0
"""
UPWORTHY = """test_id,headline_has_question,impressions,clicks
1,no,40,4
1,yes,30,2
2,no,20,0
2,yes,20,30
3,no,5,1
"""


class Silent:
    def __init__(self):
        self.steps = {}

    def step(self, name, *, total):
        self.steps[name] = [0, total]

        def advance(more):
            self.steps[name][0] += more

        return advance


def written(folder, text, name="rows.csv"):
    path = folder / name
    path.write_text(text)
    return path


def source(name, path, **changes):
    data_set = DATA_SETS[name]
    return Source(
        **{
            "data_set": data_set,
            "path": path,
            "experiment": data_set.experiment,
            "rows": data_set.rows,
            **changes,
        }
    )


def run(platform, given, steps=None, tokens=("token-1",)):
    left = list(tokens)
    now = [0.0]

    async def sleep(seconds):
        now[0] += seconds

    async def replayed():
        access = Access(api_url="http://api/stage/", api_key="key", token=lambda: left.pop(0))
        transport = httpx.MockTransport(platform.answer)
        async with ReplayApi(access, transport=transport, sleep=sleep) as api:
            return await replay(
                api,
                given,
                in_flight=3,
                settle_seconds=10,
                steps=steps or Silent(),
                sleep=sleep,
                clock=lambda: now[0],
            )

    return asyncio.run(replayed())


def test_an_experiment_is_created_started_sent_and_compared(platform, tmp_path):
    steps = Silent()
    replayed = run(platform, source("cookie_cats", written(tmp_path, COOKIE_CATS)), steps)

    (compared,) = replayed.compared
    assert platform.experiments["cookie-cats"]["status"] == "running"
    assert replayed.agrees
    assert compared.of_platform == compared.of_file
    assert compared.of_file["gate_30 units"] == 2
    assert compared.of_file["gate_30 game_rounds total"] == 41
    assert compared.decision["outcome"] == "keep_running"
    assert all(done == total for done, total in steps.steps.values())


def test_bad_rows_are_named_and_skipped(platform, tmp_path):
    replayed = run(platform, source("cookie_cats", written(tmp_path, COOKIE_CATS)))

    assert [(row.number, row.field, row.given) for row in replayed.bad_rows] == [
        (4, "version", "gate_50"),
        (5, "sum_gamerounds", "many"),
    ]


def test_a_second_replay_sends_the_same_events(platform, tmp_path):
    given = source("ab_data", written(tmp_path, AB_DATA))
    first = run(platform, given)
    events = dict(platform.events)

    assert run(platform, given).compared == first.compared
    assert platform.events == events
    assert platform.requests["POST", "api/v1/experiments"] == 1


def test_an_interrupted_replay_goes_on(platform, tmp_path):
    given = source("ab_data", written(tmp_path, AB_DATA))
    for visit in list(given.visits())[:2]:
        for event in visit_events(visit):
            decoded = decode(json.dumps(event).encode())
            platform.events[decoded.event_id] = decoded

    assert run(platform, given).agrees


def test_mismatched_and_repeated_users_are_caught_and_not_counted(platform, tmp_path):
    (compared,) = run(platform, source("ab_data", written(tmp_path, AB_DATA))).compared

    assert compared.of_platform["mismatched units"] == 1
    assert compared.of_platform["control units"] == 1
    assert compared.of_platform["treatment units"] == 2
    assert compared.of_platform["treatment converted total"] == 1
    assert compared.repeated == 1


def test_many_tests_at_once(platform, tmp_path):
    replayed = run(platform, source("upworthy_question", written(tmp_path, UPWORTHY)))

    assert [each.experiment for each in replayed.compared] == [f"upworthy-{n}" for n in (1, 2, 3)]
    assert replayed.agrees
    assert replayed.compared[0].of_platform["yes click total"] == 2
    assert [row.field for row in replayed.bad_rows] == ["clicks"]


def test_only_so_many_rows(platform, tmp_path):
    given = source("upworthy_question", written(tmp_path, UPWORTHY), rows=2)

    assert [each.experiment for each in run(platform, given).compared] == ["upworthy-1"]


def test_a_difference_is_found_once_nothing_changes_any_more(platform, tmp_path):
    given = source("cookie_cats", written(tmp_path, COOKIE_CATS))
    lost = next(visit_events(next(given.visits())))
    platform.events[lost["event_id"]] = decode(
        json.dumps({**lost, "variation": "gate_40"}).encode()
    )

    replayed = run(platform, given)

    assert not replayed.agrees
    assert "gate_30 units" in replayed.compared[0].differing


def test_counts_that_agree_at_first_and_then_grow_are_not_taken_for_the_end(platform, tmp_path):
    """As those of a run again, whose events still lie on the stream when the counts are read."""
    given = source("cookie_cats", written(tmp_path, COOKIE_CATS))
    once, reads = platform.results, iter(range(100))

    def counted_again(key):
        results = once(key)
        results["counts"]["gate_30"]["units"] += next(reads) > 0
        return results

    platform.results = counted_again

    assert run(platform, given).compared[0].differing == ("gate_30 units",)


@pytest.mark.parametrize(
    "trouble", [503, 429, 502, "retry", httpx.ConnectError("gone"), httpx.ReadTimeout("slow")]
)
def test_what_passes_is_tried_again(platform, tmp_path, trouble):
    platform.troubles = [trouble, trouble]

    assert run(platform, source("cookie_cats", written(tmp_path, COOKIE_CATS))).agrees


def test_a_new_experiment_is_waited_for_until_it_is_published(platform, tmp_path):
    platform.published_after = 5

    assert run(platform, source("cookie_cats", written(tmp_path, COOKIE_CATS))).agrees


def test_a_token_that_ran_out_is_renewed(platform, tmp_path):
    platform.valid_token = "token-2"
    given = source("cookie_cats", written(tmp_path, COOKIE_CATS))

    assert run(platform, given, tokens=("token-1", "token-2")).agrees


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        pytest.param(
            lambda p: setattr(p, "needs_approval", True), "another person's approval", id="approval"
        ),
        pytest.param(
            lambda p: p.experiments.update({"cookie-cats": {"status": "archived"}}),
            "cookie-cats is archived",
            id="archived",
        ),
        pytest.param(lambda p: p.troubles.extend([403]), "403 not now", id="key refused"),
        pytest.param(lambda p: p.troubles.extend([503] * 99), "503 not now", id="down for long"),
    ],
)
def test_what_does_not_pass_is_said(platform, tmp_path, prepare, reason):
    prepare(platform)

    with pytest.raises(PlatformRefused, match=reason):
        run(platform, source("cookie_cats", written(tmp_path, COOKIE_CATS)))
