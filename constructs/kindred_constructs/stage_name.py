"""The name of the stage that something stands in."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct


def stage_name(scope: Construct) -> str:
    """Names of its stacks begin with it, and those of the log groups in them."""
    stage = cdk.Stage.of(scope)
    assert stage
    return stage.stage_name
