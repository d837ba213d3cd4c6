"""Asks the API from outside, as a client does: the catalogue, a prediction, and the flags.

CloudWatch Synthetics takes the file as it is: the standard library and what its runtime brings.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import boto3

# Slower than that, a client has given up.
_TIMEOUT_SECONDS = 10
# Told from clients by it in logs and counts. A search would count as an impression that nobody
# clicks, in the very experiment that compares the models: it is not asked for.
PARTNER = "synthetic-check"


class CheckFailed(Exception):
    """An answer is not what a client was promised."""


def handler(_event: Mapping[str, Any], _context: object) -> dict[str, float]:
    """Milliseconds of each answer. Raises CheckFailed, by which the run counts as failed."""
    api = os.environ["API_URL"].rstrip("/")
    key = {"x-api-key": _api_key(os.environ["API_KEY_ID"])}
    client_key = _secret(os.environ["CLIENT_KEY_SECRET_ARN"])
    took: dict[str, float] = {}
    page = _answer(took, "apps", f"{api}/api/v1/apps?limit=1", headers=key)
    app = _part(page, "apps", list)[0]
    asked = {"partner_id": PARTNER, "app_id": app["app_id"]}
    predicted = _answer(took, "predict", f"{api}/api/v1/predict", headers=key, body=asked)
    _part(_part(predicted, "prediction", dict), "score", float)
    features = _answer(took, "features", f"{api}/api/features/{client_key}", headers={})
    _part(features, "features", dict)
    return took


def _answer(
    took: dict[str, float],
    name: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: Mapping[str, Any] | None = None,
) -> Mapping[str, Any]:
    started = time.perf_counter()
    request = urllib.request.Request(  # noqa: S310 (the API's own address)
        url,
        data=json.dumps(body).encode() if body is not None else None,
        headers={**headers, "Content-Type": "application/json", "User-Agent": PARTNER},
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            said = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise CheckFailed(f"{name}: {error.code} {error.read()[:500]!r}") from error
    except (OSError, ValueError) as error:
        raise CheckFailed(f"{name}: {error}") from error
    took[name] = round(1_000 * (time.perf_counter() - started), 1)
    if not isinstance(said, dict):
        raise CheckFailed(f"{name}: answered {type(said).__name__}, promised an object")
    return said


def _part(answer: Mapping[str, Any], name: str, kind: type) -> Any:
    found = answer.get(name)
    if not isinstance(found, kind) or found == []:
        raise CheckFailed(f"{name}: answered {found!r}, promised a {kind.__name__} with something")
    return found


def _api_key(key_id: str) -> str:
    return str(boto3.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"])


def _secret(arn: str) -> str:
    return str(boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
