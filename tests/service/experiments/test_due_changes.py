"""What is scheduled happens by itself, once, whichever task does it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from experiments_service.due_changes import carry_out_one

# Seconds a file.
pytestmark = pytest.mark.slow


def at(**later):
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


@pytest.fixture
def carried_out(platform):
    """Everything that is due after a while, done by several tasks at once; how many changes."""

    def carry_out(tasks=4, **later):
        async def task():
            done, failed = 0, set()
            while await carry_out_one(
                platform.collaborators, datetime.now(UTC) + timedelta(**later), failed
            ):
                done += 1
            return done

        async def together():
            return sum(await asyncio.gather(*(task() for _ in range(tasks))))

        return platform.run(together)

    return carry_out


def scheduled(platform, key, **times):
    platform.created(key=key)
    answer = platform.post(f"/experiments/{key}/schedule", times)
    assert answer.status_code == 200, answer.text


def test_an_experiment_starts_and_ends_by_the_clock(platform, carried_out):
    scheduled(platform, "checkout", starts_at=at(hours=1), ends_at=at(hours=3))

    assert carried_out(minutes=30) == 0
    assert carried_out(hours=2) == 1
    assert platform.get("/experiments/checkout").json()["status"] == "running"
    assert carried_out(hours=4) == 1
    ended = platform.get("/experiments/checkout").json()
    assert (ended["status"], ended["released"]) == ("completed", None)


def test_tasks_that_look_together_carry_out_each_change_once(platform, carried_out):
    for number in range(12):
        scheduled(platform, f"e{number}", starts_at=at(hours=1))

    assert carried_out(tasks=6, hours=2) == 12
    starts = [record["key"] for record in platform.audit(action="start")]
    assert sorted(starts) == sorted(f"e{number}" for number in range(12))


def test_a_ramp_goes_step_by_step_in_order_and_each_step_is_audited(platform, carried_out):
    platform.flag()
    ramp = {"rule": "some", "first": 0.5, "last": 1.0, "steps": 2, "every_minutes": 60}
    platform.post("/feature-flags/new-checkout/ramps", ramp | {"starts_at": at(hours=1)})

    assert carried_out(minutes=90) == 1
    half = platform.get("/feature-flags/new-checkout").json()
    assert (half["rules"][0]["coverage"], len(half["steps"])) == (0.5, 1)
    assert carried_out(hours=3) == 1
    whole = platform.get("/feature-flags/new-checkout").json()
    assert (whole["rules"][0]["coverage"], whole["steps"]) == (1.0, [])
    assert [record["actor"]["name"] for record in platform.audit(action="step")] == ["schedule"] * 2


def test_a_change_that_fails_does_not_hold_up_the_others(platform, carried_out):
    platform.flag()
    steps = [{"at": at(hours=1), "rule": "some", "changes": {"coverage": 1}}]
    platform.ask("PUT", "/feature-flags/new-checkout/schedule", {"steps": steps})
    scheduled(platform, "checkout", starts_at=at(hours=2))
    platform.execute(
        'UPDATE definitions SET document = replace(document::text, \'"rule": "some"\', '
        "'\"rule\": \"gone\"')::json WHERE key = 'new-checkout'"
    )

    carried_out(tasks=1, hours=3)
    assert platform.get("/experiments/checkout").json()["status"] == "running"
    assert platform.logged("a due change failed; it is tried again")


def test_what_is_due_is_published(platform, carried_out):
    scheduled(platform, "checkout", starts_at=at(hours=1))
    before = platform.collaborators.publisher.changes
    carried_out(hours=2)

    assert platform.collaborators.publisher.changes == before + 1
