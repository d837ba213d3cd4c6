"""What a change of a service's document breaks for who already calls it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.openapi.inclusion import Within, excluded

Document = dict[str, Any]
_VERBS = ("delete", "get", "head", "options", "patch", "post", "put", "trace")


def breaking_changes(before: Document, after: Document) -> list[str]:
    """Requests that were taken and no longer are, answers that nobody was told of.

    Each begins with the operation: `POST /api/v1/predict: request /app: may be missing, ...`.
    """
    return [
        f"{verb.upper()} {path}: {found}"
        for path, methods in before["paths"].items()
        for verb in _VERBS
        if verb in methods
        for found in _of_operation(
            methods[verb], after["paths"].get(path, {}).get(verb), before, after
        )
    ]


def _of_operation(
    old: Document, new: Document | None, before: Document, after: Document
) -> Iterator[str]:
    if new is None:
        yield "is gone"
        return
    yield from _of_parameters(old, new, before, after)
    yield from _of_request(old, new, before, after)
    yield from _of_answers(old, new, before, after)


def _of_parameters(
    old: Document, new: Document, before: Document, after: Document
) -> Iterator[str]:
    known = {(each["in"], each["name"]): each for each in old.get("parameters", ())}
    now = {(each["in"], each["name"]): each for each in new.get("parameters", ())}
    for key, parameter in now.items():
        if parameter.get("required") and not known.get(key, {}).get("required"):
            yield f"{key[0]} {key[1]}: needed, and was not"
    for key, parameter in known.items():
        if key not in now:
            yield f"{key[0]} {key[1]}: is gone"
            continue
        was, is_now = parameter.get("schema", {}), now[key].get("schema", {})
        for found in excluded(Within(was, before), Within(is_now, after)):
            yield f"{key[0]} {key[1]} {found}"


def _of_request(old: Document, new: Document, before: Document, after: Document) -> Iterator[str]:
    was, is_now = old.get("requestBody", {}), new.get("requestBody", {})
    if is_now.get("required") and not was.get("required"):
        yield "request: a body is needed, and was not"
    for media, content in was.get("content", {}).items():
        taken = is_now.get("content", {}).get(media)
        if taken is None:
            yield f"request: {media} is no longer taken"
            continue
        for found in excluded(
            Within(content.get("schema", {}), before), Within(taken.get("schema", {}), after)
        ):
            yield f"request {found}"


def _of_answers(old: Document, new: Document, before: Document, after: Document) -> Iterator[str]:
    was, is_now = old.get("responses", {}), new.get("responses", {})
    for status in was:
        if status.startswith("2") and status not in is_now:
            yield f"answer {status}: is gone"
    for status, answer in is_now.items():
        if status not in was:
            if status.startswith("2"):
                yield f"answer {status}: nobody was told of it"
            continue
        for media, content in answer.get("content", {}).items():
            told = was[status].get("content", {}).get(media)
            if told is None:
                yield f"answer {status}: {media}, which nobody was told of"
                continue
            for found in excluded(
                Within(content.get("schema", {}), after), Within(told.get("schema", {}), before)
            ):
                yield f"answer {status} {found}"
