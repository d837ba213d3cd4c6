"""A warm function evaluates definitions that are at most a minute old, and never none."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from experiment_functions.current_snapshot import CurrentSnapshot, DefinitionsUnavailable
from experiment_functions.recent_results import ENTRIES, RecentResults
from kindred.experiments.engine.context import Context
from kindred_aws.definition_store import Fetched, UnreadableDefinitions


class Clock:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Store:
    def __init__(self):
        self.value, self.calls, self.error, self.features = 1, 0, None, None

    def fetch(self, etag):
        self.calls += 1
        if self.error:
            raise self.error
        if etag == str(self.value):
            return None
        features = self.features or {"a": {"defaultValue": self.value}}
        return Fetched(self.value, {"features": features}, str(self.value))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def current(store, clock):
    return CurrentSnapshot(store.fetch, clock=clock)


def value(current):
    return current.get().evaluate_flag("a", Context({})).value


def test_it_is_fetched_once_a_minute(current, store, clock):
    assert value(current) == 1
    store.value = 2
    clock.now += 59.9
    assert (value(current), store.calls) == (1, 1)
    clock.now += 0.1
    assert (value(current), store.calls) == (2, 2)


def test_what_has_not_changed_is_not_compiled_again(current, clock):
    before = current.get()
    clock.now += 60

    assert current.get() is before


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://s3"),
        ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "GetObject"),
        UnreadableDefinitions("half an object"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_the_last_good_one_is_kept_when_a_refresh_fails(current, store, clock, error):
    current.get()
    store.error, store.value = error, 2
    clock.now += 60

    assert value(current) == 1
    assert type(error).__name__ in current.problem
    store.error = None
    clock.now += 60
    assert value(current) == 2
    assert current.problem is None


def test_a_payload_that_cannot_be_compiled_replaces_nothing(current, store, clock):
    current.get()
    store.value, store.features = 2, ["no object"]
    clock.now += 60

    assert value(current) == 1
    assert "InvalidPayload: features: given list" in current.problem


def test_without_any_it_tries_again_after_a_second(current, store, clock):
    store.error = UnreadableDefinitions("half an object")
    for _ in range(3):
        with pytest.raises(DefinitionsUnavailable, match="half an object"):
            current.get()
    assert store.calls == 1

    store.error = None
    clock.now += 1
    assert value(current) == 1


def test_a_result_is_remembered_for_a_minute(clock):
    recent = RecentResults(clock=clock)

    assert recent.get_or("a", lambda: 1) == 1
    clock.now += 59.9
    assert recent.get_or("a", lambda: 2) == 1
    clock.now += 0.1
    assert recent.get_or("a", lambda: 2) == 2
    assert recent.hits == 1


def test_a_thousand_results_are_remembered_and_the_least_used_goes_first(clock):
    recent = RecentResults(clock=clock)
    for number in range(ENTRIES):
        recent.get_or(number, lambda: "old")
    recent.get_or(0, lambda: "new")
    recent.get_or("one more", lambda: "new")

    assert recent.get_or(0, lambda: "new") == "old"
    assert recent.get_or(1, lambda: "new") == "new"
