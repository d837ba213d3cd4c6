"""Names and moments as SageMaker gives them."""

from __future__ import annotations

from datetime import UTC, datetime

from ops.local.settings import ACCOUNT, REGION


def resource_arn(kind: str, name: str) -> str:
    """Of an `endpoint`, `endpoint-config`, `model`, ... in the laptop's account."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


def moment(seconds: float) -> datetime:
    """Epoch seconds as botocore's users see them."""
    return datetime.fromtimestamp(seconds, UTC)
