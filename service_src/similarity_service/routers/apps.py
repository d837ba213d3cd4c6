"""The catalogue, for people: browse, search by name, one app whole."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from kindred.problem_details import Refusal, invalid_field
from kindred.similarity.catalogue import AppNotFound
from kindred_service.dependencies import CollaboratorsDep
from kindred_service.scans import scan
from kindred_service.wire import AppOut, app_fields
from similarity_service.schemas import AppDetailOut, AppPageOut
from similarity_service.search import checked_filters

router = APIRouter(prefix="/api/v1/apps", tags=["catalogue"])

# Each word is a scan of every name.
_MOST_WORDS = 8

Text = Annotated[str, Query(max_length=200)]
Choices = Annotated[list[Annotated[str, Query(max_length=64)]], Query(max_length=50)]


@router.get("")
async def read_apps(
    collaborators: CollaboratorsDep,
    q: Text = "",
    category: Choices = [],  # noqa: B006
    region: Choices = [],  # noqa: B006
    pricing: Choices = [],  # noqa: B006
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=32)] = None,
) -> AppPageOut:
    """Apps whose name holds `q`, best match first; all of them in the order of names without."""
    catalogue = collaborators.resolver.catalogue
    given = {"category": category, "region": region, "pricing": pricing}
    if len(q.split()) > _MOST_WORDS:
        raise invalid_field("q", f"allowed are at most {_MOST_WORDS} words", given=q)
    chosen = {field: values for field, values in given.items() if values}
    filters = checked_filters(chosen, catalogue, pointer="")
    offset = _offset(cursor)
    rows, total = await scan(
        lambda: catalogue.search(q, filters=filters, limit=limit, offset=offset)
    )
    end = offset + len(rows)
    return AppPageOut(
        apps=[AppOut.model_validate(app_fields(catalogue.app(row))) for row in rows],
        total=total,
        next_cursor=_cursor(end) if rows and end < total else None,
    )


@router.get("/{app_id}")
async def read_app(
    collaborators: CollaboratorsDep, app_id: Annotated[str, Path(max_length=128)]
) -> AppDetailOut:
    catalogue = collaborators.resolver.catalogue
    try:
        app = catalogue.app(catalogue.row(app_id))
    except AppNotFound as error:
        raise Refusal(HTTPStatus.NOT_FOUND, str(error), slug="app-not-found") from error
    return AppDetailOut.model_validate(
        {
            **app_fields(app),
            "features": list(app.metadata.features),
            "description": app.metadata.description,
            "rating_count": app.rating_count,
            "installs": app.installs,
            "impressions": app.impressions,
            "clicks": app.clicks,
            "source": app.source,
        }
    )


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(b"o%d" % offset).decode().rstrip("=")


def _offset(cursor: str | None) -> int:
    """Raises Refusal for a cursor that no earlier page gave."""
    if cursor is None:
        return 0
    try:
        decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        decoded = b""
    digits = decoded[1:]
    if decoded[:1] != b"o" or not digits.isdigit() or len(digits) > 12:
        raise invalid_field("cursor", "not a cursor that an earlier page gave", given=cursor)
    return int(digits)
