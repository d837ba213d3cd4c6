"""A unit on the platform: known by pseudonym, counted across a rotation, and forgotten."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from kindred.experiments.counts import EXPOSURES
from kindred_aws.event_lake import EventLake
from ops.local.operator_credentials import operator_environment
from tests.local.local_platform import KINDRED, LocalPlatform, wait_until
from tests.local.management import experiment_body, person
from tests.local.rotation import rotate

pytestmark = pytest.mark.slow

ANNA, BERT = (f"{name}-{uuid.uuid4().hex}" for name in ("anna", "bert"))
PARTNER = f"partner-{uuid.uuid4().hex}"
APP = "generated-00001"
UNIT = f"{PARTNER}:{APP}"


@pytest.fixture(scope="module")
def clients(platform: LocalPlatform) -> Iterator[httpx.Client]:
    with platform.client() as clients:
        yield clients


@pytest.fixture(scope="module")
def experiment(platform: LocalPlatform, clients: httpx.Client) -> str:
    """A sticky one, in which Anna and Bert are, and have pressed the button."""
    key = f"forget-{uuid.uuid4().hex[:8]}"
    with person(platform, "experimenter") as people:
        created = people.post("api/v1/experiments", json={**experiment_body(key), "sticky": True})
        assert created.status_code == 201, created.text
        assert people.post(f"api/v1/experiments/{key}/start").status_code == 200
    wait_until(lambda: clients.post(ASSIGN, json=asked(key, "nobody")).status_code == 200)
    for unit in (ANNA, BERT):
        assigned = clients.post(ASSIGN, json=asked(key, unit)).json()
        assert assigned["exposure"]["status"] == "accepted"
        assert clients.post(TRACK, json=pressed(key, unit)).status_code == 202
    query = {"partner_id": PARTNER, "app_id": APP}
    assert clients.post("api/v1/find-similar", json=query).status_code == 200
    wait_until(lambda: counted(platform, key) == (3, 2))
    wait_until(lambda: in_lake(platform, ANNA, BERT, UNIT) == 5)
    return key


ASSIGN, TRACK = "api/v1/tracking/assign", "api/v1/tracking/track"


def asked(experiment: str, unit: str) -> dict[str, Any]:
    return {"experiment_key": experiment, "unit_id": unit}


def pressed(experiment: str, unit: str) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "type": "conversion",
        "occurred_at": datetime.now(UTC).isoformat(),
        "unit_id": unit,
        "experiment_id": experiment,
        "metric": "pressed",
    }


def counted(platform: LocalPlatform, experiment: str) -> tuple[int, int]:
    """Units exposed, and units that pressed."""
    items = platform.aws("dynamodb").query(
        TableName=platform.outputs["CountersTableName"],
        KeyConditionExpression="experiment_id = :experiment",
        ExpressionAttributeValues={":experiment": {"S": experiment}},
    )["Items"]
    sums = {
        metric: sum(
            int(item.get("units", {"N": "0"})["N"])
            for item in items
            if item["variation_metric"]["S"].split("#")[1] == metric
        )
        for metric in (EXPOSURES, "pressed")
    }
    return sums[EXPOSURES], sums["pressed"]


def lake(platform: LocalPlatform) -> EventLake:
    return EventLake(
        client=platform.aws("athena"), workgroup=platform.outputs["AthenaWorkgroupName"]
    )


def in_lake(platform: LocalPlatform, *units: str) -> int:
    names = [name for unit in units for name in platform.pseudonyms.every(unit)]
    listed = ", ".join(f"'{name}'" for name in names)
    database = platform.outputs["EventDatabaseName"]
    query = f'SELECT count(*) FROM "{database}"."events" WHERE unit_id IN ({listed})'  # noqa: S608
    [(count,)] = lake(platform).rows(query)
    return int(count or 0)


def forget(platform: LocalPlatform, unit: str, *options: str) -> Any:
    given = operator_environment(platform.settings)
    answer = subprocess.run(
        [str(KINDRED), "forget", "-", "--environment", "local", "--json", *options],
        input=f"{unit}\n",
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert answer.stdout, answer.stderr
    return answer.returncode, json.loads(answer.stdout)


def found(document: dict[str, Any], name: str = "found") -> dict[str, int]:
    return {store["store"]: store[name] for store in document["stores"] if store[name]}


def test_nothing_that_is_stored_or_logged_names_a_unit(
    platform: LocalPlatform, experiment: str
) -> None:
    stored = [*tables(platform), *logs(platform.state), archived(platform)]

    for unit in (ANNA, PARTNER):
        assert not any(unit in text for text in stored)
    assert any(platform.pseudonyms.every(ANNA)[0] in text for text in stored)


def test_a_rotation_leaves_a_unit_one_to_its_experiment(
    platform: LocalPlatform, clients: httpx.Client, experiment: str
) -> None:
    generations = len(platform.pseudonyms.generations)
    secret = ("RotatePseudonymsFunctionName", "PseudonymSecretArn")
    version = rotate(platform, *secret)

    assert len(platform.pseudonyms.generations) == generations + 1
    rotate(platform, *secret, version)  # Each step again, as Secrets Manager may.
    assert len(platform.pseudonyms.generations) == generations + 1
    assert clients.post(ASSIGN, json=asked(experiment, ANNA)).status_code == 200
    assert clients.post(TRACK, json=pressed(experiment, ANNA)).status_code == 202
    wait_until(lambda: in_lake(platform, ANNA) == 4)
    assert counted(platform, experiment) == (3, 2)


def test_who_is_forgotten_is_found_nowhere_and_nobody_else_is_missing(
    platform: LocalPlatform, experiment: str, tmp_path: Path
) -> None:
    before, bert = counted(platform, experiment), in_lake(platform, BERT)
    status, looked = forget(platform, ANNA, "--look")
    assert status == 1
    assert {"ledger", "event archive", "search index", "cache"} <= found(looked).keys()

    file = tmp_path / "report.json"
    status, document = forget(platform, ANNA, "--output", str(file))

    assert (status, document["clean"]) == (0, True)
    assert found(document) == found(document, "removed") == found(looked)
    assert not found(document, "found_afterwards")
    assert all(store["looked_at"] for store in document["stores"] if store["removed"])
    assert in_lake(platform, ANNA) == 0
    assert not any(name in text for name in names(platform) for text in tables(platform))
    # Sums stay, as does everybody else.
    assert counted(platform, experiment) == before
    assert in_lake(platform, BERT) == bert == 2
    assert any(platform.pseudonyms.every(BERT)[0] in text for text in tables(platform))
    kept = file.read_text()
    assert not any(name in kept for name in (ANNA, *names(platform)))
    assert kept_report(platform, document["report"]) == json.loads(kept)


def test_a_partners_unit_is_forgotten_in_the_request_log_and_as_an_arm(
    platform: LocalPlatform, experiment: str
) -> None:
    status, document = forget(platform, UNIT)

    assert (status, document["clean"]) == (0, True)
    assert found(document, "removed") == {
        "request log": 1,
        "event archive": 1,
        "search index": 1,
        "cache": 1,
    }


def test_a_person_that_people_wrote_down_is_told_where(platform: LocalPlatform) -> None:
    name = f"vip-{uuid.uuid4().hex[:8]}"
    group = {"key": name, "attribute": "id", "values": [BERT]}
    with person(platform, "admin") as people:
        created = people.post("api/v1/saved-groups", json=group)
        assert created.status_code == 201, created.text
        wait_until(lambda: BERT in definitions(platform))
        status, looked = forget(platform, BERT, "--look")
        people.delete(f"api/v1/saved-groups/{name}")

    assert (status, looked["clean"]) == (1, False)
    [store] = [each for each in looked["stores"] if each["store"] == "definitions"]
    assert f"saved_groups {name}" in store["notes"][0]


def definitions(platform: LocalPlatform) -> str:
    held = platform.aws("s3").get_object(
        Bucket=platform.outputs["DefinitionsBucketName"], Key="definitions/source.json"
    )
    return str(held["Body"].read())


def names(platform: LocalPlatform) -> tuple[str, ...]:
    return platform.pseudonyms.every(ANNA)


def tables(platform: LocalPlatform) -> list[str]:
    client = platform.aws("dynamodb")
    return [
        json.dumps(page["Items"], default=str)
        for table in client.list_tables()["TableNames"]
        for page in client.get_paginator("scan").paginate(TableName=table)
    ]


def logs(state: Path) -> list[str]:
    return [path.read_text(errors="replace") for path in (state / "logs").rglob("*.log")]


def archived(platform: LocalPlatform) -> str:
    database = platform.outputs["EventDatabaseName"]
    query = f'SELECT DISTINCT unit_id FROM "{database}"."events"'  # noqa: S608
    return "\n".join(str(unit) for (unit,) in lake(platform).rows(query))


def kept_report(platform: LocalPlatform, report: str) -> Any:
    s3, bucket = platform.aws("s3"), platform.outputs["LogsBucketName"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="forgotten/")["Contents"]
    [key] = [each["Key"] for each in listed if report in each["Key"]]
    return json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
