"""InvokeEndpoint: a variant by weight, its model's answer, and what is measured of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ops.local.sagemaker.endpoint_record import Endpoint, Variant
from ops.local.sagemaker.endpoints import Endpoints
from ops.local.sagemaker.faults import Faults
from ops.local.sagemaker.model_host import Fleet, ModelAnswer, ModelHost, ModelRequest
from ops.local.sagemaker.operation import Operation, Refusal
from ops.local.sagemaker.routing import choose_fleet, choose_variant, not_found

MODEL_ERROR_STATUS = 424
FAILING_ANSWER = b'{"detail": "the fault failing-model is on"}'
MICROSECONDS = 1_000_000
MILLISECOND_US = 1_000


@dataclass(frozen=True, slots=True)
class Invocation:
    """One request that reached a model."""

    endpoint: Endpoint
    # As it was when it was chosen: an endpoint may have left it behind by now.
    served: Variant
    status: int
    model_latency_us: float
    overhead_latency_us: float

    @property
    def variant(self) -> str:
        return self.served.name


class Measurements(Protocol):
    def record(self, invocation: Invocation) -> None: ...


class Capture(Protocol):
    def record(
        self,
        invocation: Invocation,
        request: ModelRequest,
        answer: ModelAnswer,
        inference_id: str | None,
    ) -> None: ...


class Invocations:
    """The data plane; calls do not wait for one another."""

    def __init__(
        self,
        endpoints: Endpoints,
        host: ModelHost,
        faults: Faults,
        measurements: Sequence[Measurements],
        capture: Capture | None = None,
        *,
        draw: random.Random | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoints, self._host, self._faults = endpoints, host, faults
        self._measurements, self._capture = measurements, capture
        self._draw = draw or random.Random()  # noqa: S311
        self._wait = wait

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        return {("sagemaker-runtime", "InvokeEndpoint"): self._invoke}

    def advance(self) -> None:
        """Endpoints change by themselves."""

    def _invoke(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        began = time.perf_counter()
        try:
            endpoint = self._endpoints.endpoint(asked["EndpointName"])
        except Refusal:
            raise not_found(asked["EndpointName"]) from None
        chosen = choose_variant(endpoint, asked.get("TargetVariant"), self._draw.random())
        served = choose_fleet(endpoint, chosen, self._draw.random())
        request = ModelRequest(
            asked["Body"],
            asked.get("ContentType", "application/json"),
            asked.get("Accept"),
            asked.get("CustomAttributes"),
        )
        answer = self._ask(endpoint.name, served.fleet, request)
        whole_us = (time.perf_counter() - began) * MICROSECONDS
        overhead_us = max(whole_us - answer.latency_us, 1.0)
        invocation = Invocation(endpoint, chosen, answer.status, answer.latency_us, overhead_us)
        for measurements in self._measurements:
            measurements.record(invocation)
        if answer.status >= 400:
            raise _model_error(answer, served.fleet)
        if self._capture:
            self._capture.record(invocation, request, answer, asked.get("InferenceId"))
        output = {
            "Body": answer.body,
            "ContentType": answer.content_type,
            "InvokedProductionVariant": chosen.name,
        }
        custom = asked.get("CustomAttributes")
        return {**output, "CustomAttributes": custom} if custom else output

    def _ask(self, endpoint: str, fleet: Fleet, request: ModelRequest) -> ModelAnswer:
        """The model's answer, unless a fault has another."""
        if self._faults.find("failing-model", endpoint, fleet.variant):
            answer = ModelAnswer(500, FAILING_ANSWER, "application/json", MILLISECOND_US)
        else:
            answer = self._host.invoke(fleet, request)
        slow = self._faults.find("slow-model", endpoint, fleet.variant)
        if slow:
            self._wait(slow.milliseconds / 1000)
            later = answer.latency_us + slow.milliseconds * MILLISECOND_US
            answer = replace(answer, latency_us=later)
        return answer


def _model_error(answer: ModelAnswer, fleet: Fleet) -> Refusal:
    """As SageMaker words it, for the client's and the server's errors alike."""
    kind = "client" if answer.status < 500 else "server"
    text = answer.body.decode(errors="replace")
    return Refusal(
        "ModelError",
        f'Received {kind} error ({answer.status}) from primary with message "{text}".',
        MODEL_ERROR_STATUS,
        OriginalStatusCode=answer.status,
        OriginalMessage=text,
        LogStreamArn=f"{fleet.endpoint}/{fleet.variant}",
    )
