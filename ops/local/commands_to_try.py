"""Commands that show the platform answering, with an app that its catalogue holds."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from ops.local.settings import LocalSettings
from ops.local.state_files import read_json

SHOWN_APP_ATTEMPTS = ("photo", "music", "a")


def choose_app(api_url: str, api_key: str) -> dict[str, Any] | None:
    """A real app of the loaded catalogue, asked for through the API; None when it has none."""
    with httpx.Client(base_url=api_url, headers={"x-api-key": api_key}, timeout=20) as client:
        for text in SHOWN_APP_ATTEMPTS:
            answer = client.get("api/v1/apps", params={"q": text, "limit": 1})
            answer.raise_for_status()
            apps = answer.json().get("apps", [])
            if apps:
                found: dict[str, Any] = apps[0]
                return found
    return None


def app_commands(api_url: str, api_key: str, app: Mapping[str, Any]) -> tuple[str, ...]:
    """Similar apps, a prediction and a search; each can be pasted into a shell as it is."""
    body = {"app_id": app["app_id"], "partner_id": "demo"}
    word = urlencode({"q": app["app_name"].split()[0], "limit": 3})
    search = f"{api_url}api/v1/apps?{word}"
    return (
        _post(f"{api_url}api/v1/find-similar", api_key, {**body, "top_k": 5}),
        _post(f"{api_url}api/v1/predict", api_key, body),
        f"curl -s -H 'x-api-key: {api_key}' {shlex.quote(search)}",
    )


def experiment_commands(
    api_url: str, api_key: str, *, client_key: str, token_command: str
) -> tuple[str, ...]:
    """Experiments as somebody who may change them sees them, and flags as clients read them."""
    context = {"context": {"targetingKey": "user-1"}}
    return (
        f'curl -s -H "authorization: Bearer $({token_command})" '
        + shlex.quote(f"{api_url}api/v1/experiments"),
        _post(f"{api_url}ofrep/v1/evaluate/flags", api_key, context),
        f"curl -s {shlex.quote(f'{api_url}api/features/{client_key}')}",
    )


def token_command(settings: LocalSettings) -> str:
    """What prints an experimenter's token, from any directory."""
    kindred = shlex.quote(str(settings.root / ".venv" / "bin" / "kindred"))
    return f"{kindred} local token --state-dir {shlex.quote(str(settings.state))}"


def deployed_commands(settings: LocalSettings) -> tuple[str, ...]:
    """The commands of the running platform, as `up` chose them."""
    return tuple((read_json(settings.deployment_file) or {}).get("commands", []))


def _post(url: str, api_key: str, body: Mapping[str, Any]) -> str:
    return (
        f"curl -s -H 'x-api-key: {api_key}' -H 'content-type: application/json' "
        f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))} {shlex.quote(url)}"
    )
