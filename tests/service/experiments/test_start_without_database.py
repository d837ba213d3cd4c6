"""A task that starts while its database is away."""

import io
import json
import time
import uuid

import pytest
from aws_lambda_powertools import Logger

from experiments_service import startup


@pytest.fixture
def log():
    return io.StringIO()


@pytest.fixture
def logger(log):
    return Logger(service=f"test-{uuid.uuid4()}", stream=log)


def migrations(monkeypatch, *outcomes):
    """Each call has the next outcome: an error, or None."""
    left, calls = list(outcomes), []

    async def migrate(engine, logger):
        calls.append(engine)
        if error := left.pop(0):
            raise error

    monkeypatch.setattr(startup, "migrate", migrate)
    monkeypatch.setattr(startup, "open_for_migration", lambda settings: settings)
    monkeypatch.setattr(startup, "_RETRY_SECONDS", 0.01)
    return calls


def test_the_schema_waits_for_the_database_and_the_task_does_not(monkeypatch, logger, log):
    outcomes = (PermissionError("not yet made"), ConnectionRefusedError("no"), TimeoutError())
    calls = migrations(monkeypatch, *outcomes, None)

    startup.bring_schema_up("settings", logger)

    for _ in range(500):
        if len(calls) == 4:
            break
        time.sleep(0.01)
    assert len(calls) == 4
    assert json.loads(log.getvalue().splitlines()[0])["message"] == "starting without a database"


def test_a_migration_that_cannot_be_carried_out_stops_the_start(monkeypatch, logger):
    migrations(monkeypatch, ValueError("no such column"))

    with pytest.raises(ValueError, match="no such column"):
        startup.bring_schema_up("settings", logger)
