"""The services' own OpenAPI documents, and those that are kept in `openapi/`."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

SERVICES = ("similarity", "prediction", "experiments")
KEPT = Path(__file__).parents[2] / "openapi"


class NoDocument(Exception):
    """A document is missing, or is not one."""


def generated(service: str) -> dict[str, Any]:
    """As the service itself answers `/openapi.json`. Nothing is behind it: nothing is asked."""
    create_app = importlib.import_module(f"{service}_service.main").create_app
    app = create_app(SimpleNamespace(metrics=None, logger=None))
    return dict(json.loads(json.dumps(app.openapi())))


def kept(service: str) -> dict[str, Any]:
    try:
        return parsed((KEPT / f"{service}.json").read_text(), name=f"openapi/{service}.json")
    except OSError as error:
        raise NoDocument(f"openapi/{service}.json: {error.strerror}") from None


def parsed(text: str, *, name: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise NoDocument(f"{name}: not JSON: {error}") from None
    if not isinstance(document, dict) or "paths" not in document:
        raise NoDocument(f"{name}: given no paths, allowed an OpenAPI document")
    return document


def text_of(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, sort_keys=True) + "\n"
