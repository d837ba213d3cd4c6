from datetime import UTC, datetime

import pytest

from ops.retraining.delivery import NotDelivered, wait_for_events
from tests.pseudonyms import SecretFake, pseudonym

SINCE = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)


class LakeFake:
    """Holds ever more events, up to its last count."""

    def __init__(self, *counts):
        self._counts, self.asked = list(counts), []

    def rows(self, query):
        self.asked.append(query)
        count = self._counts.pop(0) if len(self._counts) > 1 else self._counts[0]
        yield (str(count),)


def wait(lake, count):
    slept = []
    wait_for_events(
        lake,
        "events",
        partners=["replay-1"],
        pseudonyms=SecretFake().current,
        since=SINCE,
        count=count,
        sleep=slept.append,
    )
    return slept


def test_it_waits_until_all_have_come_and_not_longer():
    assert len(wait(LakeFake(0, 7, 10, 10), count=10)) == 2
    assert wait(LakeFake(10), count=10) == []


def test_what_arrives_after_midnight_is_looked_for_there():
    lake = LakeFake(1)

    wait(lake, count=1)

    assert "BETWEEN '2026-11-21' AND '2026-11-22'" in lake.asked[0]


def test_the_lake_is_asked_by_pseudonym_and_not_by_name():
    lake = LakeFake(1)

    wait(lake, count=1)

    assert f"IN ('{pseudonym('replay-1')}')" in lake.asked[0]
    assert "replay-1" not in lake.asked[0]


def test_events_that_never_come_are_counted():
    with pytest.raises(NotDelivered, match="of 10 events 7 came"):
        wait(LakeFake(7), count=10)
