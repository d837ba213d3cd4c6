"""Which errors of AWS pass by themselves, and which are answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

_PASSING = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceException",
        "ConcurrentUpdateException",
        "ProvisionedThroughputExceededException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
    }
)


# Why DynamoDB gave a transaction up, of each of its items.
_PASSING_REASONS = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
    }
)


class Unavailable(Exception):
    """Throttled, or not reached, or the answer was lost: the same call may work later."""


class Refused(Exception):
    """AWS answered that it will not; the message is its own."""


@contextmanager
def told_apart() -> Iterator[None]:
    """Raises Unavailable or Refused for what botocore raises."""
    try:
        yield
    except ClientError as error:
        if is_passing(error):
            raise Unavailable(str(error)) from error
        raise Refused(str(error)) from error
    except ParamValidationError as error:
        raise Refused(str(error)) from error
    except BotoCoreError as error:
        raise Unavailable(str(error)) from error


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def is_passing(error: ClientError) -> bool:
    """A transaction's refusal has one code for everything, and its reasons beside it."""
    reasons: Any = error.response.get("CancellationReasons", [])
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return (
        code_of(error) in _PASSING
        or status >= 500
        or any(reason["Code"] in _PASSING_REASONS for reason in reasons)
    )


def is_missing(error: ClientError) -> bool:
    """SageMaker has no code of its own for what does not exist, only words."""
    if code_of(error) in ("ResourceNotFound", "ObjectNotFoundException"):
        return True
    message = error.response.get("Error", {}).get("Message", "")
    return code_of(error) == "ValidationException" and message.startswith("Could not find")
