"""Calls in batches are allowed by the permission of the single call; the emulator knows them not.

Source: AWS Service Authorization Reference, Amazon SQS and Amazon SNS.
"""

from __future__ import annotations

from typing import Any

from ministack.core import iam_actions

PERMISSIONS = {
    "sns:PublishBatch": "sns:Publish",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}


def install() -> None:
    """Ask for the permission that AWS asks for."""
    extract = iam_actions.extract_iam_action

    def permission(*request: Any) -> Any:
        action = extract(*request)
        return PERMISSIONS.get(action, action)

    iam_actions.extract_iam_action = permission
