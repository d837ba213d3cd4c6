"""A handful of requests after which one knows whether a deployment answers at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from ops.delivery.api_access import ApiAccess

TIMEOUT_SECONDS = 30.0
UNIT = {"partner_id": "delivery-smoke", "app_id": "delivery-smoke"}
_APP = {
    "name": "Pocket Garden Diary",
    "region": "us",
    "pricing": "free",
    "features": ["offline"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`wrong` is empty where the answer is right."""

    name: str
    wrong: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Api:
    keyed: httpx.Client
    keyless: httpx.Client


def smoke(access: ApiAccess, *, transport: httpx.BaseTransport | None = None) -> list[Check]:
    """Every check, also after one that fails: what works narrows down what does not."""
    reach: dict[str, Any] = {
        "base_url": access.url,
        "timeout": TIMEOUT_SECONDS,
        "transport": transport,
    }
    headers = {"x-api-key": access.key}
    with httpx.Client(**reach, headers=headers) as keyed, httpx.Client(**reach) as keyless:
        api = _Api(keyed=keyed, keyless=keyless)
        return [Check(name=name, wrong=_wrong(check, api)) for name, check in _CHECKS.items()]


def _catalogue(api: _Api) -> str:
    answer = api.keyed.get("api/v1/apps", params={"limit": 1})
    if answer.status_code != httpx.codes.OK:
        return _said(answer)
    return "" if answer.json().get("apps") else "the catalogue is empty"


def _similar(api: _Api) -> str:
    answer = api.keyed.post("api/v1/find-similar", json={**_question(api), "top_k": 5})
    if answer.status_code != httpx.codes.OK:
        return _said(answer)
    found = [each["similarity"] for each in answer.json()["neighbors"]]
    if not found:
        return "no neighbour"
    return "" if found == sorted(found, reverse=True) else "neighbours are not in order"


def _predicted(api: _Api) -> str:
    question = _question(api)
    answer = api.keyed.post("api/v1/predict", json=question)
    if answer.status_code != httpx.codes.OK:
        return _said(answer)
    interval = answer.json()["prediction"]["interval"]
    score = answer.json()["prediction"]["score"]
    if not interval["low"] <= score <= interval["high"]:
        return f"score {score:g} outside of {interval['low']:g} to {interval['high']:g}"
    other = api.keyed.post("api/v1/find-similar", json=question).json()
    arms = {answer.json()["ab_arm"], other.get("ab_arm")}
    return "" if len(arms) == 1 else f"one unit got the arms {' and '.join(sorted(map(str, arms)))}"


def _flags(api: _Api) -> str:
    context = {"context": {"targetingKey": UNIT["app_id"]}}
    answer = api.keyed.post("ofrep/v1/evaluate/flags", json=context)
    if answer.status_code != httpx.codes.OK:
        return _said(answer)
    return "" if isinstance(answer.json().get("flags"), list) else "no list of flags"


def _keyless(api: _Api) -> str:
    answer = api.keyless.get("api/v1/apps", params={"limit": 1})
    refused = answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
    return "" if refused else f"without a key: {answer.status_code}"


def _refused(api: _Api) -> str:
    question = {**_question(api), "top_k": 101}
    answer = api.keyed.post("api/v1/find-similar", json=question)
    if not httpx.codes.is_client_error(answer.status_code):
        return f"top_k 101: {answer.status_code}"
    told = answer.headers.get("content-type", "").startswith("application/problem+json")
    return "" if told else "a refusal is no problem document"


_CHECKS: dict[str, Callable[[_Api], str]] = {
    "the catalogue has apps": _catalogue,
    "similar apps are found": _similar,
    "a prediction is made, by the same arm": _predicted,
    "flags are evaluated": _flags,
    "nobody gets in without a key": _keyless,
    "what is wrong is refused with its reason": _refused,
}


def _question(api: _Api) -> dict[str, Any]:
    """In a category that the catalogue has."""
    known = api.keyed.get("api/v1/apps", params={"limit": 1}).json()["apps"][0]
    return {**UNIT, "app": {**_APP, "category": known["category"]}}


def _wrong(check: Callable[[_Api], str], api: _Api) -> str:
    try:
        return check(api)
    except httpx.HTTPError as error:
        return f"no answer: {error}"
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return f"an answer of another shape: {error!r}"


def _said(answer: httpx.Response) -> str:
    return f"{answer.status_code}: {answer.text[:200]}"


def failures(checks: list[Check]) -> Iterator[Check]:
    return (each for each in checks if each.wrong)
