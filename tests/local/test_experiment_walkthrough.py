"""An experiment from its definition to its results, by clients that others wrote, unmodified."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from growthbook import GrowthBook
from growthbook.growthbook import feature_repo
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

from kindred_aws.definition_store import DefinitionStore
from tests.local.invocation import end_containers, invoke
from tests.local.local_platform import LocalPlatform, wait_until
from tests.local.management import person, start_experiment

LIVE_SECONDS = 2.0
UNITS = [f"user-{number}" for number in range(40)]


@dataclass(frozen=True)
class Walk:
    """An experiment that runs, and a flag that shows its variations."""

    platform: LocalPlatform
    people: httpx.Client
    clients: httpx.Client
    experiment: str
    flag: str

    def shown(self, unit: str = "user-0") -> Any:
        """The flag's value over the remote evaluation protocol."""
        answer = self.clients.post(
            f"ofrep/v1/evaluate/flags/{self.flag}", json={"context": {"targetingKey": unit}}
        )
        return answer.json().get("value")

    def assign(self, unit: str) -> dict[str, Any]:
        asked = {"experiment_key": self.experiment, "unit_id": unit}
        answer = self.clients.post("api/v1/tracking/assign", json=asked)
        assert answer.status_code == 200, answer.text
        assigned: dict[str, Any] = answer.json()
        return assigned

    def pressed(self, unit: str, **changes: Any) -> dict[str, Any]:
        """The conversion of a unit, as a client reports it."""
        return {
            "event_id": str(uuid.uuid4()),
            "type": "conversion",
            "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1)),
            "unit_id": unit,
            "experiment_id": self.experiment,
            "metric": "pressed",
            **changes,
        }

    def results(self) -> dict[str, Any]:
        answer = self.people.get(f"api/v1/experiments/{self.experiment}/results")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def walk(platform: LocalPlatform) -> Iterator[Walk]:
    with person(platform, "experimenter") as people, platform.client() as clients:
        experiment = start_experiment(people, "walk")
        flag = {
            "key": f"{experiment}-flag",
            "type": "string",
            "default_value": "grey",
            "off_value": "off",
            "enabled": True,
            "rules": [{"id": "experiment", "experiment": experiment}],
        }
        created = people.post("api/v1/feature-flags", json=flag)
        assert created.status_code == 201, created.text
        walk = Walk(platform, people, clients, experiment, f"{experiment}-flag")
        wait_until(lambda: walk.shown() in ("blue", "green"), seconds=LIVE_SECONDS)
        yield walk


@pytest.fixture
def assigned(walk: Walk) -> dict[str, str]:
    """Each unit's variation, whose value has the same name."""
    return {unit: walk.assign(unit)["variation"] for unit in UNITS}


def test_openfeatures_client_is_shown_what_the_api_assigns(
    walk: Walk, assigned: dict[str, str]
) -> None:
    given = {"x-api-key": walk.platform.file["api_key"]}
    api.set_provider(OFREPProvider(walk.platform.file["api_url"], headers_factory=lambda: given))
    try:
        client = api.get_client()
        shown = {
            unit: client.get_string_details(walk.flag, "none", EvaluationContext(unit))
            for unit in UNITS
        }
    finally:
        api.shutdown()

    assert {unit: details.value for unit, details in shown.items()} == assigned
    assert {str(details.reason) for details in shown.values()} == {"SPLIT"}
    assert set(assigned.values()) == {"blue", "green"}


def test_growthbooks_client_evaluates_the_same_by_itself(
    walk: Walk, assigned: dict[str, str]
) -> None:
    feature_repo.clear_cache()
    exposures: list[str] = []
    for unit in UNITS:
        client = GrowthBook(
            api_host=walk.platform.file["api_url"].rstrip("/"),
            client_key=walk.platform.file["client_key"],
            attributes={"id": unit},
            on_experiment_viewed=lambda experiment, **_: exposures.append(experiment.key),
        )
        client.load_features()
        assert client.get_feature_value(walk.flag, "none") == assigned[unit]
        client.destroy()

    assert exposures == [walk.experiment] * len(UNITS)


def test_what_is_assigned_and_tracked_becomes_results_with_a_decision(
    walk: Walk, assigned: dict[str, str]
) -> None:
    first, *others = (walk.pressed(unit) for unit in UNITS[:10])
    tracked = walk.clients.post("api/v1/tracking/track", json=first)
    unknown = walk.pressed(UNITS[0], metric="bought")
    batch = walk.clients.post("api/v1/tracking/batch", json={"events": [*others, first, unknown]})

    assert tracked.status_code == 202
    assert batch.status_code == 207
    assert [each["status"] for each in batch.json()["results"]] == ["accepted"] * 10 + ["rejected"]
    assert "metric: given 'bought', allowed pressed" in batch.json()["results"][-1]["reason"]

    expected = {
        variation: (
            sum(each == variation for each in assigned.values()),
            sum(assigned[unit] == variation for unit in UNITS[:10]),
        )
        for variation in ("blue", "green")
    }
    wait_until(lambda: _counted(walk.results()) == expected)
    decision = walk.results()["decision"]
    assert (decision["outcome"], decision["winner"]) == ("keep_running", None)
    units = expected["blue"][0]
    assert any(f"'blue' has {units} of" in reason for reason in decision["reasons"])


def test_a_change_is_live_at_once_and_in_a_function_that_reads_anew(walk: Walk) -> None:
    store = DefinitionStore(walk.platform.aws("s3"), walk.platform.outputs["DefinitionsBucketName"])
    before = store.fetch(None)
    url = f"api/v1/feature-flags/{walk.flag}"

    changed = walk.people.patch(url, json={"rules": [], "default_value": "violet"})
    assert changed.status_code == 200, changed.text
    wait_until(lambda: walk.shown() == "violet", seconds=LIVE_SECONDS)

    wait_until(lambda: _published(store, walk.flag) == "violet", seconds=LIVE_SECONDS)
    after = store.fetch(None)
    assert before
    assert after
    assert after.revision > before.revision
    end_containers(walk.platform, "EvaluateFlagFunctionName")
    asked = {"flag_key": walk.flag, "attributes": {"id": "user-0"}}
    assert invoke(walk.platform, "EvaluateFlagFunctionName", asked)["value"] == "violet"

    # The kill switch.
    assert walk.people.post(f"{url}/disable").status_code == 200
    wait_until(lambda: walk.shown() == "off", seconds=LIVE_SECONDS)


def _published(store: DefinitionStore, flag: str) -> Any:
    current = store.fetch(None)
    return current.payload["features"][flag]["defaultValue"] if current else None


def _counted(results: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Units shown each variation, and units that pressed."""
    return {
        variation: (counted["units"], counted["metrics"].get("pressed", {}).get("units", 0))
        for variation, counted in results["counts"].items()
    }
