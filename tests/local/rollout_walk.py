"""A model's way to everybody on the running platform, as people and programs see it."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import run
from typing import Any

import httpx
import psutil

from kindred.rollout.deployment import TERMINAL
from ops.local.deploy import local_api_url
from ops.rollout.traffic import Course, Traffic, send_traffic
from tests.local.invocation import containers_of
from tests.local.local_platform import KINDRED, LONGEST_SECONDS, LocalPlatform, wait_until

FEATURES = {"name": "Swift Notes", "category": "productivity", "features": ["offline"]}
# What two cores answer while they also run the tests: half of it fills a check in two minutes.
REQUESTS_PER_SECOND = 16
# The limit of latency is a busy machine's, where some request waits for a core now and then; the
# slow model is beyond it with every request.
LIMIT_MS, SLOW_MS = 600, 750
# The usual plan, scaled down to that traffic.
PLAN = {
    "canary_percent": 50,
    "step_percent": 50,
    "bake_minutes": 4,
    "thresholds": {
        "minimum_requests": 30,
        "promotion_requests": 60,
        "p99_latency_ms": LIMIT_MS,
        "latency_tolerance": 2,
        "latency_ratio": 10,
        "latency_checks": 2,
        "latency_checks_of": 2,
    },
}
LONGEST_ROLLOUT_SECONDS = 150


@dataclass
class RolloutWalk:
    platform: LocalPlatform
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def url(self) -> str:
        outputs, emulator = self.platform.outputs, self.platform.settings.emulator_url
        return local_api_url(outputs["RolloutApiUrl"], emulator_url=emulator)

    @property
    def endpoint(self) -> str:
        """As SageMaker calls it."""
        return self.platform.outputs["ServingEndpointName"]

    def person(self, role: str) -> httpx.Client:
        headers = {"authorization": f"Bearer {self.platform.token(role)}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def program(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=self._key(), timeout=30)

    def infer(self, **more: Any) -> httpx.Response:
        with self.program() as program:
            return program.post("inference", json={"user_id": "u", "features": FEATURES, **more})

    def command(self, *arguments: str) -> str:
        """What `kindred` prints to a person whose platform this is."""
        told = run(
            [str(KINDRED), *arguments],
            env={**os.environ, "KINDRED_STATE_DIR": str(self.platform.state)},
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )
        assert told.returncode == 0, told.stderr
        return told.stdout.strip()

    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = self.platform.aws("sagemaker").describe_endpoint(
            EndpointName=self.endpoint
        )
        return found

    def weights(self) -> dict[str, float]:
        variants = self.described()["ProductionVariants"]
        return {each["VariantName"]: each["CurrentWeight"] for each in variants}

    def scaled(self) -> list[str]:
        """The variants that follow their load."""
        found = self.platform.aws("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="sagemaker"
        )
        return [each["ResourceId"].split("/")[-1] for each in found["ScalableTargets"]]

    def configurations(self) -> list[str]:
        found = self.platform.aws("sagemaker").list_endpoint_configs(NameContains=self.endpoint)
        return [each["EndpointConfigName"] for each in found["EndpointConfigs"]]

    def remove_endpoint(self) -> None:
        """What another test may have left: a platform without a model."""
        sagemaker = self.platform.aws("sagemaker")
        for each in sagemaker.list_endpoints(NameContains=self.endpoint)["Endpoints"]:
            sagemaker.delete_endpoint(EndpointName=each["EndpointName"])
        wait_until(lambda: not sagemaker.list_endpoints(NameContains=self.endpoint)["Endpoints"])

    def send(self, stopped: threading.Event) -> None:
        """Steady traffic, until it is stopped."""
        asyncio.run(self._send(stopped))

    async def _send(self, stopped: threading.Event) -> None:
        course = Course(rate_per_second=REQUESTS_PER_SECOND, seconds=None)
        async with httpx.AsyncClient(base_url=self.url, headers=self._key()) as client:
            sending = asyncio.create_task(send_traffic(client, [FEATURES], course, self.traffic))
            while not stopped.is_set():
                await asyncio.sleep(0.1)
            sending.cancel()
            # Those that wait for their answer get it.
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)

    def _key(self) -> dict[str, str]:
        key_id = self.platform.outputs["RolloutApiKeyId"]
        found = self.platform.aws("apigateway").get_api_key(apiKey=key_id, includeValue=True)
        return {"x-api-key": found["value"]}


@dataclass
class Rollout:
    """One deployment, whose reconciler is killed once while the canary serves."""

    walk: RolloutWalk
    people: httpx.Client
    deployment_id: str
    killed: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, walk: RolloutWalk, people: httpx.Client, package: str) -> Rollout:
        body = {"endpoint": "embeddings", "model_package_arn": package, **PLAN}
        begun = people.post("deployments", json=body, headers={"idempotency-key": uuid.uuid4().hex})
        assert begun.status_code == 201, begun.text
        rollout = cls(walk, people, begun.json()["deployment_id"])
        threading.Thread(target=rollout.kill_reconciler, daemon=True).start()
        return rollout

    @property
    def canary(self) -> str:
        return f"canary-{self.deployment_id[-8:]}"

    def show(self) -> dict[str, Any]:
        found: dict[str, Any] = self.people.get(f"deployments/{self.deployment_id}").json()
        return found

    def ended(self) -> dict[str, Any]:
        wait_until(lambda: self.show()["state"] in TERMINAL, seconds=LONGEST_ROLLOUT_SECONDS)
        return self.show()

    def kill_reconciler(self) -> None:
        """With SIGKILL, while it holds the endpoint: what it was about is left as it is."""
        wait_until(self._is_shifted_or_over, seconds=LONGEST_ROLLOUT_SECONDS)
        held = None
        while held is None and self.show()["state"] not in TERMINAL:
            processes = containers_of(self.walk.platform, "ReconcileFunctionName")
            until = time.monotonic() + 6
            while time.monotonic() < until and not (held := self._lease()):
                time.sleep(0.003)
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            # A run that was over by then has let go of it.
            held = held if held and self._lease() == held else None
        if held:
            self.killed.append(held)

    def _is_shifted_or_over(self) -> bool:
        shown = self.show()
        return shown["weights"]["confirmed_at"] is not None or shown["state"] in TERMINAL

    def _lease(self) -> str | None:
        """Which run has the endpoint."""
        item = self.walk.platform.aws("dynamodb").get_item(
            TableName=self.walk.platform.outputs["EndpointsTableName"],
            Key={"endpoint": {"S": "embeddings"}},
            ConsistentRead=True,
        )["Item"]
        return str(item["lease_owner"]["S"]) if "lease_owner" in item else None
