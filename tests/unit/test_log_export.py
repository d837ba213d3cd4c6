from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kindred.log_export import CATCH_UP, Export, LogGroup, Task, next_export

TODAY = date(2026, 11, 21)
NEWEST = TODAY - timedelta(days=7)


def group(name="Kindred-prod-ApiStack-Log", *, age=100, retention=365):
    return LogGroup(name=name, created=TODAY - timedelta(days=age), retention_days=retention)


def due(groups, tasks=()):
    return next_export(groups, list(tasks), today=TODAY, after_days=7)


def all_due(groups):
    """What a run after the other starts, each done before the next."""
    tasks: list[Task] = []
    while export := due(groups, tasks):
        tasks.append(Task(name=export.name, state="done"))
    return [task.name for task in tasks]


def test_a_day_is_whole_and_in_utc():
    export = Export(group="/aws/Kindred-prod-X", day=date(2026, 11, 14))

    assert export.milliseconds == (1_794_614_400_000, 1_794_700_799_999)
    assert export.prefix == "logs/aws/Kindred-prod-X/2026/11/14"


def test_days_go_from_the_oldest_to_the_newest_that_is_due():
    names = all_due([group("b"), group("a")])

    assert names[:2] == [f"{NEWEST - CATCH_UP + timedelta(days=1)} {name}" for name in "ab"]
    assert names[-1] == f"{NEWEST} b"
    assert len(names) == 2 * CATCH_UP.days


@pytest.mark.parametrize(
    ("groups", "first"),
    [
        pytest.param([group(age=9)], TODAY - timedelta(days=9), id="created nine days ago"),
        pytest.param([group(age=3)], None, id="created three days ago"),
        pytest.param([group(retention=10)], TODAY - timedelta(days=9), id="kept for ten days"),
        pytest.param([group(retention=7)], None, id="ends before it is due"),
        pytest.param([group(retention=None)], NEWEST - timedelta(days=6), id="kept for ever"),
        pytest.param([], None, id="no logs"),
    ],
)
def test_only_days_that_are_there_as_a_whole_are_exported(groups, first):
    export = due(groups)

    assert (export.day if export else None) == first


def test_while_any_export_of_the_account_runs_none_is_started():
    assert due([group()], [Task(name="somebody else's", state="active")]) is None


def test_a_day_that_failed_is_tried_again_but_not_for_ever():
    first = due([group()])
    assert first

    for attempts, expected in ((1, first), (2, first)):
        assert due([group()], [Task(name=first.name, state="failed")] * attempts) == expected
    gone_on = due([group()], [Task(name=first.name, state="failed")] * 3)
    assert gone_on
    assert gone_on.day == first.day + timedelta(days=1)


@given(
    ages=st.lists(st.integers(0, 30), max_size=4),
    retention=st.one_of(st.none(), st.integers(1, 40)),
)
def test_each_day_is_exported_once_and_never_a_young_one(ages, retention):
    groups = [group(f"g{number}", age=age, retention=retention) for number, age in enumerate(ages)]
    names = all_due(groups)

    assert len(names) == len(set(names))
    assert all(name[:10] <= NEWEST.isoformat() for name in names)
