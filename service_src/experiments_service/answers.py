"""How a definition, and a change that waits, is answered."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from experiments_service.database.models import Definition, PendingChange, PendingState

Out = TypeVar("Out", bound=BaseModel)


class ApprovalOut(BaseModel):
    """`after` is what the definition would be, `base_version` what the change starts from."""

    id: uuid.UUID
    state: PendingState
    kind: str
    key: str
    action: str
    reasons: list[str]
    base_version: int
    before: dict[str, Any] | None
    after: dict[str, Any]
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None


# Of every route whose change may have to wait for a second person.
MAY_WAIT: dict[int | str, dict[str, Any]] = {
    202: {
        "model": ApprovalOut,
        "description": "Waits for an approver; its Location is where it is decided",
    }
}


def kept_fields(row: Definition) -> dict[str, Any]:
    """The document, and what is kept beside it."""
    return {
        **row.document,
        "version": row.version,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "updated_at": row.updated_at,
    }


def approval_out(pending: PendingChange) -> ApprovalOut:
    return ApprovalOut.model_validate(pending, from_attributes=True)


def answer(
    result: Definition | PendingChange,
    out: Callable[[Definition], BaseModel],
    *,
    status: HTTPStatus = HTTPStatus.OK,
    location: str | None = None,
) -> Response:
    """`status` is that of a change which is done; one that waits is 202 with its location."""
    if isinstance(result, PendingChange):
        return JSONResponse(
            jsonable_encoder(approval_out(result)),
            status_code=HTTPStatus.ACCEPTED,
            headers={"Location": f"/api/v1/approvals/{result.id}"},
        )
    headers = {"ETag": f'"{result.version}"'}
    if location is not None:
        headers["Location"] = location
    return JSONResponse(jsonable_encoder(out(result)), status_code=status, headers=headers)
