"""Calls a Lambda function without waiting for what it does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class FunctionCall:
    def __init__(self, client: LambdaClient, *, function_name: str) -> None:
        self._client = client
        self._function_name = function_name

    def send(self, payload: Mapping[str, Any]) -> str | None:
        """Why Lambda did not take the call; None where it did."""
        try:
            self._client.invoke(
                FunctionName=self._function_name,
                InvocationType="Event",
                Payload=json.dumps(payload).encode(),
            )
        except (BotoCoreError, ClientError) as error:
            return str(error)
        return None
