"""Asks a model behind a SageMaker endpoint, and says which variant answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

if TYPE_CHECKING:
    from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

_NO_ENDPOINT = re.compile(r"^Endpoint \S+ of account \S+ not found", re.IGNORECASE)
_REFUSED = range(400, 500)
_REASON_CHARACTERS = 500


class EndpointNotFound(LookupError):
    """There is no such endpoint, or none yet."""


class CallRefused(ValueError):
    """SageMaker takes no such call, of a variant that the endpoint has not, for example."""


class ModelRefused(ValueError):
    """The model takes no such request; the message is its own."""


class ModelFailed(RuntimeError):
    """The model answered with an error of its own; the message is its own."""


class ModelNotReached(RuntimeError):
    """No answer, for a reason that passes. Asking again may help."""


class ModelTooSlow(RuntimeError):
    """No answer within the client's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    body: bytes
    variant: str


class SageMakerInference:
    def __init__(self, client: SageMakerRuntimeClient, *, endpoint_name: str) -> None:
        self._client = client
        self._endpoint_name = endpoint_name

    def invoke(self, body: bytes, *, variant: str | None, inference_id: str) -> ModelReply:
        """JSON for JSON. `inference_id` is captured beside both, in at most 64 characters.

        Raises EndpointNotFound, CallRefused, ModelRefused, ModelFailed, ModelNotReached and
        ModelTooSlow.
        """
        request: dict[str, Any] = {
            "EndpointName": self._endpoint_name,
            "Body": body,
            "ContentType": "application/json",
            "Accept": "application/json",
            "InferenceId": inference_id,
        }
        if variant is not None:
            request["TargetVariant"] = variant
        try:
            answered = self._connected(request)
            return ModelReply(
                body=answered["Body"].read(), variant=answered["InvokedProductionVariant"]
            )
        except ClientError as error:
            raise _meaning(error) from error
        except ReadTimeoutError as error:
            raise ModelTooSlow(str(error)) from error
        except BotoCoreError as error:
            raise ModelNotReached(str(error)) from error

    def _connected(self, request: dict[str, Any]) -> Any:
        """A kept connection may be gone by now: once more. A late answer is not asked for again."""
        try:
            return self._client.invoke_endpoint(**request)
        except (ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError):
            return self._client.invoke_endpoint(**request)


def _meaning(error: ClientError) -> Exception:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "ModelError":
        said: Any = error.response
        reason = str(said.get("OriginalMessage") or message)[:_REASON_CHARACTERS]
        refused = said.get("OriginalStatusCode", 500) in _REFUSED
        return ModelRefused(reason) if refused else ModelFailed(reason)
    if code in ("ValidationError", "ValidationException"):
        kind = EndpointNotFound if _NO_ENDPOINT.match(message) else CallRefused
        return kind(message)
    if code in ("AccessDeniedException", "AccessDenied"):
        return error
    return ModelNotReached(f"{code}: {message}")
