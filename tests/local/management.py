"""The management API as a person with a token reaches it, through the gateway."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from tests.local.local_platform import LocalPlatform


def person(platform: LocalPlatform, role: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {platform.token(role)}"}
    return httpx.Client(base_url=platform.file["api_url"], headers=headers, timeout=20)


def experiment_body(key: str) -> dict[str, Any]:
    return {
        "key": key,
        "name": "Colour of the checkout button",
        "variations": [
            {"key": "blue", "name": "Blue", "weight": 0.5, "is_control": True, "value": "blue"},
            {"key": "green", "name": "Green", "weight": 0.5, "value": "green"},
        ],
        "metrics": [{"key": "pressed", "name": "Pressed the button"}],
        "plan": {"baseline": 0.1, "effect": 0.05},
    }


def start_experiment(people: httpx.Client, name: str) -> str:
    """The key of a new one, which runs."""
    key = f"{name}-{uuid.uuid4().hex[:8]}"
    created = people.post("api/v1/experiments", json=experiment_body(key))
    assert created.status_code == 201, created.text
    started = people.post(f"api/v1/experiments/{key}/start")
    assert started.status_code == 200, started.text
    return key
