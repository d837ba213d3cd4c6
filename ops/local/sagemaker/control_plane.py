"""All operations of the local SageMaker behind one call, held to botocore's shapes both ways."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ops.local.sagemaker.operation import Operation, Part, Refusal
from ops.local.sagemaker.shapes import problems, service_model

# Model answers and feature reads wait for nobody's change.
WITHOUT_LOCK = ("sagemaker-runtime",)


class Throttle(Protocol):
    def check(self, service: str, operation: str) -> None:
        """Raises Refusal when the call comes too soon."""
        ...


class ControlPlane:
    """Parts bring the operations; one that no part brings is refused, never answered emptily."""

    def __init__(self, parts: Sequence[Part], *, throttle: Throttle | None = None) -> None:
        self._parts = list(parts)
        self._operations: dict[tuple[str, str], Operation] = {}
        for part in parts:
            twice = self._operations.keys() & part.operations().keys()
            assert not twice, f"two parts offer {sorted(twice)}"
            self._operations |= part.operations()
        self._throttle = throttle
        self._lock = threading.RLock()

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The operation's output. Raises Refusal."""
        known = self._operations.get((service, operation))
        if known is None:
            raise Refusal(
                "UnknownOperationException",
                f"the local SageMaker does not carry {service}:{operation}",
            )
        model = service_model(service).operation_model(operation)
        refused = problems(model.input_shape, parameters)
        if refused:
            count = "error" if len(refused) == 1 else "errors"
            message = f"{len(refused)} validation {count} detected: {'; '.join(refused)}"
            raise Refusal(_refusal_code(service), message)
        if self._throttle:
            self._throttle.check(service, operation)
        if service in WITHOUT_LOCK:
            output = known(parameters)
        else:
            with self._lock:
                self._advance()
                output = known(parameters)
        wrong = problems(model.output_shape, output)
        assert not wrong, f"{operation} answers what SageMaker never would: {'; '.join(wrong)}"
        return output

    def advance(self) -> None:
        """Let happen whatever is due, though nobody asks."""
        with self._lock:
            self._advance()

    def _advance(self) -> None:
        for part in self._parts:
            part.advance()


def _refusal_code(service: str) -> str:
    """The runtimes have a name of their own for it."""
    runtime = service in ("sagemaker-runtime", "sagemaker-featurestore-runtime")
    return "ValidationError" if runtime else "ValidationException"
