"""Saved groups, which conditions refer to by `$inGroup`, and holdouts, which experiments name."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from experiments_service.answers import MAY_WAIT, answer, kept_fields
from experiments_service.author import Author, AuthorDep
from experiments_service.changes import Proposal, not_found, submit
from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.database.models import Definition, Kind
from experiments_service.definition_documents import Document
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.flag_schemas import (
    HoldoutChangeIn,
    HoldoutIn,
    HoldoutOut,
    HoldoutPageOut,
    SavedGroupChangeIn,
    SavedGroupIn,
    SavedGroupOut,
    SavedGroupPageOut,
)
from experiments_service.identity.roles import ViewerDep
from experiments_service.pages import definitions_page
from experiments_service.wire import Cursor, KeyPath, Limit, Text

router = APIRouter(prefix="/api/v1", tags=["saved groups and holdouts"])


@router.post("/saved-groups", status_code=HTTPStatus.CREATED, response_model=SavedGroupOut)
async def create_saved_group(
    given: SavedGroupIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    return await _create(collaborators, "saved_group", given.model_dump(mode="json"), author)


@router.get("/saved-groups")
async def read_saved_groups(
    _: ViewerDep,
    collaborators: CollaboratorsDep,
    search: Text = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> SavedGroupPageOut:
    """Newest first, from the reader, which may lag behind a change by moments."""
    async with collaborators.reader() as session:
        rows, following = await definitions_page(
            session, "saved_group", limit=limit, cursor=cursor, search=search
        )
    groups = [_saved_group(row) for row in rows]
    return SavedGroupPageOut(saved_groups=groups, next_cursor=following)


@router.get("/saved-groups/{key}", response_model=SavedGroupOut)
async def read_saved_group(key: KeyPath, _: ViewerDep, collaborators: CollaboratorsDep) -> Response:
    return answer(await _find(collaborators, "saved_group", key), _saved_group)


@router.patch("/saved-groups/{key}", response_model=SavedGroupOut, responses=MAY_WAIT)
async def update_saved_group(
    key: KeyPath, given: SavedGroupChangeIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """Moves everybody who is targeted by the group, and waits for approval like a rollout."""
    return await _update(collaborators, "saved_group", key, given, author, _saved_group)


@router.post("/holdouts", status_code=HTTPStatus.CREATED, response_model=HoldoutOut)
async def create_holdout(
    given: HoldoutIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    return await _create(collaborators, "holdout", given.model_dump(mode="json"), author)


@router.get("/holdouts")
async def read_holdouts(
    _: ViewerDep, collaborators: CollaboratorsDep, limit: Limit = 20, cursor: Cursor = None
) -> HoldoutPageOut:
    async with collaborators.reader() as session:
        rows, following = await definitions_page(session, "holdout", limit=limit, cursor=cursor)
    return HoldoutPageOut(holdouts=[_holdout(row) for row in rows], next_cursor=following)


@router.get("/holdouts/{key}", response_model=HoldoutOut)
async def read_holdout(key: KeyPath, _: ViewerDep, collaborators: CollaboratorsDep) -> Response:
    return answer(await _find(collaborators, "holdout", key), _holdout)


@router.patch("/holdouts/{key}", response_model=HoldoutOut, responses=MAY_WAIT)
async def update_holdout(
    key: KeyPath, given: HoldoutChangeIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    return await _update(collaborators, "holdout", key, given, author, _holdout)


async def _find(collaborators: ExperimentCollaborators, kind: Kind, key: str) -> Definition:
    """Raises Refusal."""
    async with collaborators.sessions() as session:
        row = await session.get(Definition, (kind, key))
    if row is None:
        raise not_found(kind, key)
    return row


async def _create(
    collaborators: ExperimentCollaborators, kind: Kind, given: dict[str, Any], author: Author
) -> Response:
    document = {**given, "owner": given["owner"] or author.name}
    proposal = Proposal(
        kind=kind, key=given["key"], action="create", change=lambda _: document, creates=True
    )
    location = f"/api/v1/{kind.replace('_', '-')}s/{given['key']}"
    return answer(
        await submit(collaborators, proposal, author),
        _saved_group if kind == "saved_group" else _holdout,
        status=HTTPStatus.CREATED,
        location=location,
    )


async def _update(
    collaborators: ExperimentCollaborators,
    kind: Kind,
    key: str,
    given: BaseModel,
    author: Author,
    out: Callable[[Definition], BaseModel],
) -> Response:
    changes = given.model_dump(mode="json", exclude_unset=True)
    owner = changes.pop("owner", None)

    def change(document: Document | None) -> Document:
        present = document or {}
        return {**present, **changes, "owner": owner or present["owner"]}

    proposal = Proposal(kind=kind, key=key, action="update", change=change)
    return answer(await submit(collaborators, proposal, author), out)


def _saved_group(row: Definition) -> SavedGroupOut:
    return SavedGroupOut.model_validate(kept_fields(row))


def _holdout(row: Definition) -> HoldoutOut:
    return HoldoutOut.model_validate(kept_fields(row))
