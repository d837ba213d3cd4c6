"""Which errors of AWS pass by themselves, and which are answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

_PASSING = frozenset(
    {
        "InternalFailure",
        "InternalServerError",
        "InternalServiceException",
        "ConcurrentUpdateException",
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
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        if code_of(error) in _PASSING or status >= 500:
            raise Unavailable(str(error)) from error
        raise Refused(str(error)) from error
    except ParamValidationError as error:
        raise Refused(str(error)) from error
    except BotoCoreError as error:
        raise Unavailable(str(error)) from error


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: ClientError) -> bool:
    """SageMaker has no code of its own for what does not exist, only words."""
    if code_of(error) in ("ResourceNotFound", "ObjectNotFoundException"):
        return True
    message = error.response.get("Error", {}).get("Message", "")
    return code_of(error) == "ValidationException" and message.startswith("Could not find")
