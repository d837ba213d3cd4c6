"""Secrets that are to rotate with their deployment do: their function is taken through its steps.

The emulator's own RotateSecret moves a label and calls nobody. Nothing rotates by the clock here.
"""

from __future__ import annotations

import logging
import time
from contextvars import copy_context
from threading import Thread
from typing import Any

from ministack.core.responses import get_account_id, new_uuid
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from .service_principals import service_refusal

PRINCIPAL = "secretsmanager.amazonaws.com"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
# What the secret opens may still be starting.
TRIES = 10
PAUSE_SECONDS = 2.0

Properties = dict[str, Any]

logger = logging.getLogger("kindred.rotations")


class StepFailed(Exception):
    """What the function answered."""


def install() -> None:
    """A type that the emulator does not carry."""
    provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::RotationSchedule"] = {
        "create": lambda _, properties, *__: _rotate(properties),
        "update": lambda _, __, properties, *___: _rotate(properties),
        "delete": lambda *_: None,
    }


def _rotate(properties: Properties) -> tuple[str, Properties]:
    """Known by its secret, as on AWS."""
    secret, function = properties["SecretId"], properties["RotationLambdaARN"]
    if str(properties.get("RotateImmediatelyOnUpdate", True)).lower() == "true":
        # Beside the deployment, which does not wait for a rotation on AWS either.
        Thread(target=copy_context().run, args=(_go_through, secret, function), daemon=True).start()
    return secret, {}


def _go_through(secret: str, function: str) -> None:
    """Every step again after one that failed: each may come again."""
    version = new_uuid()
    for remaining in reversed(range(TRIES)):
        try:
            for step in STEPS:
                _call(function, {"Step": step, "SecretId": secret, "ClientRequestToken": version})
        except StepFailed as problem:
            logger.error("the rotation of %s: %s", secret, problem)
            time.sleep(PAUSE_SECONDS if remaining else 0)
        else:
            return


def _call(arn: str, event: dict[str, str]) -> None:
    source = {"aws:SourceArn": event["SecretId"], "aws:SourceAccount": get_account_id()}
    refusal = service_refusal(PRINCIPAL, "lambda:InvokeFunction", arn, source)
    if refusal:
        raise StepFailed(refusal)
    function, _, _ = lambda_svc._get_func_record_for_ref(arn)
    if function is None:
        raise StepFailed(f"there is no function {arn}")
    result = lambda_svc._execute_function(function, event)
    if result.get("error"):
        raise StepFailed(f"{event['Step']}: {result['body']}")
