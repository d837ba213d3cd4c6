"""What the inference function is told by its environment, and what is made of it once."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from kindred_aws.function_tracing import traced_session
from rollout_functions.api_requests import logger

if TYPE_CHECKING:
    from kindred_aws.pseudonym_secret import PseudonymSecret
    from kindred_aws.sagemaker_inference import SageMakerInference


@cache
def model() -> SageMakerInference:
    """Kept, with its connections, for as long as the function lives. Raises KeyError."""
    from kindred_aws.sagemaker_inference import SageMakerInference

    return SageMakerInference(_client(), endpoint_name=os.environ["ENDPOINT_NAME"])


@cache
def pseudonym_secret() -> PseudonymSecret:
    from botocore.config import Config

    from kindred_aws.pseudonym_secret import PseudonymSecret

    # A caller is waiting, who can do without.
    config = Config(connect_timeout=0.5, read_timeout=1, retries={"total_max_attempts": 1})
    client: Any = traced_session().create_client(
        "secretsmanager", region_name=os.environ["AWS_REGION"], config=config
    )
    return PseudonymSecret(
        client,
        secret_id=os.environ["PSEUDONYM_SECRET_ARN"],
        tell=lambda reason: logger().warning("pseudonyms not read", reason=reason),
    )


def _client() -> Any:
    from botocore.config import Config

    # What is sent is built here. A model that is late is not asked again: that would be later.
    config = Config(
        parameter_validation=False,
        connect_timeout=0.5,
        read_timeout=5,
        tcp_keepalive=True,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    return traced_session().create_client(
        "sagemaker-runtime", region_name=os.environ["AWS_REGION"], config=config
    )
