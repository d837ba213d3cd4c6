"""What a part of the local SageMaker offers: operations by name, and refusals as AWS words them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Operation = Callable[[Mapping[str, Any]], dict[str, Any]]


class Refusal(Exception):
    """An answer that is an error; `members` are those of the error's shape beside the message."""

    def __init__(self, code: str, message: str, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status, self.members = code, message, status, members


def invalid(message: str) -> Refusal:
    """What SageMaker answers most mistakes with."""
    return Refusal("ValidationException", message)


class Part(Protocol):
    """Some operations, and what they keep."""

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        """By service and name: `("sagemaker", "CreateEndpoint")`; botocore-shaped in and out."""
        ...

    def advance(self) -> None:
        """Let happen whatever is due by the part's clock; called before every control operation."""
        ...
