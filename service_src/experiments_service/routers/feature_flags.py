"""Feature flags: defined, rolled out, switched off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from experiments_service.answers import MAY_WAIT, answer, kept_fields
from experiments_service.author import Author, AuthorDep
from experiments_service.changes import Proposal, not_found, submit
from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.database.models import Definition
from experiments_service.definition_documents import Document, step_documents, steps_of
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.flag_schemas import (
    FlagChangeIn,
    FlagIn,
    FlagOut,
    FlagPageOut,
    FlagScheduleIn,
    RampIn,
)
from experiments_service.identity.roles import ViewerDep
from experiments_service.pages import definitions_page
from experiments_service.wire import Cursor, KeyPath, Limit, Text
from kindred.experiments.schedule import Step, ramp
from kindred.problem_details import Refusal, invalid_field

router = APIRouter(prefix="/api/v1/feature-flags", tags=["feature flags"])

_MOST_STEPS = 200


@router.post("", status_code=HTTPStatus.CREATED, response_model=FlagOut, responses=MAY_WAIT)
async def create_flag(
    given: FlagIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    document = {**given.model_dump(mode="json"), "owner": given.owner or author.name, "steps": []}
    proposal = Proposal(
        kind="feature_flag",
        key=given.key,
        action="create",
        change=lambda _: document,
        creates=True,
    )
    result = await submit(collaborators, proposal, author)
    location = f"/api/v1/feature-flags/{given.key}"
    return answer(result, shown, status=HTTPStatus.CREATED, location=location)


@router.get("")
async def read_flags(
    _: ViewerDep,
    collaborators: CollaboratorsDep,
    status: Literal["enabled", "disabled", "archived"] | None = None,
    owner: Text = None,
    tag: Text = None,
    search: Annotated[Text, Query(description="Part of a key.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> FlagPageOut:
    """Newest first, from the reader, which may lag behind a change by moments."""
    async with collaborators.reader() as session:
        rows, following = await definitions_page(
            session,
            "feature_flag",
            limit=limit,
            cursor=cursor,
            status=status,
            owner=owner,
            tag=tag,
            search=search,
        )
    return FlagPageOut(feature_flags=[shown(row) for row in rows], next_cursor=following)


@router.get("/{key}")
async def read_flag(
    key: KeyPath, _: ViewerDep, collaborators: CollaboratorsDep, response: Response
) -> FlagOut:
    async with collaborators.sessions() as session:
        row = await session.get(Definition, ("feature_flag", key))
    if row is None:
        raise not_found("feature_flag", key)
    response.headers["ETag"] = f'"{row.version}"'
    return shown(row)


@router.patch("/{key}", response_model=FlagOut, responses=MAY_WAIT)
async def update_flag(
    key: KeyPath, given: FlagChangeIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """Rules are replaced whole. The key and the type never change."""
    changes = given.model_dump(mode="json", exclude_unset=True)
    owner = changes.pop("owner", None)

    def change(document: Document) -> Document:
        return {**document, **changes, "owner": owner or document["owner"]}

    return await _change(collaborators, key, "update", change, author)


@router.post("/{key}/enable", response_model=FlagOut, responses=MAY_WAIT)
async def enable_flag(key: KeyPath, author: AuthorDep, collaborators: CollaboratorsDep) -> Response:
    return await _change(collaborators, key, "enable", lambda it: {**it, "enabled": True}, author)


@router.post("/{key}/disable", response_model=FlagOut)
async def disable_flag(
    key: KeyPath, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """The kill switch: everybody gets `off_value`. It never waits for approval, and takes away
    what was scheduled, so that nothing switches the flag on again by itself."""

    def off(document: Document) -> Document:
        return {**document, "enabled": False, "steps": []}

    return await _change(collaborators, key, "disable", off, author)


@router.post("/{key}/archive", response_model=FlagOut)
async def archive_flag(
    key: KeyPath, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """Unknown to every client from now on; refused while another flag needs it."""

    def archived(document: Document) -> Document:
        return {**document, "archived": True, "steps": []}

    return await _change(collaborators, key, "archive", archived, author)


@router.post("/{key}/restore", response_model=FlagOut)
async def restore_flag(
    key: KeyPath, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """Back from the archive, and off."""

    def restored(document: Document) -> Document:
        return {**document, "archived": False, "enabled": False}

    return await _change(collaborators, key, "restore", restored, author, archived=True)


@router.put("/{key}/schedule", response_model=FlagOut, responses=MAY_WAIT)
async def schedule_flag(
    key: KeyPath, given: FlagScheduleIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """Replaces every step that is to come; none cancels them."""
    steps = [Step(at=step.at, rule=step.rule, changes=step.changes) for step in given.steps]
    _require_to_come(steps, author)

    def scheduled(document: Document) -> Document:
        return {**document, "steps": step_documents(steps)}

    return await _change(collaborators, key, "schedule", scheduled, author)


@router.post("/{key}/ramps", response_model=FlagOut, responses=MAY_WAIT)
async def ramp_flag(
    key: KeyPath, given: RampIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """Adds the steps of a ramp to what is scheduled."""
    steps = ramp(
        given.rule,
        first=given.first,
        last=given.last,
        steps=given.steps,
        starts_at=given.starts_at,
        every=timedelta(minutes=given.every_minutes),
    )
    _require_to_come(steps, author)

    def ramped(document: Document) -> Document:
        together = [*steps_of(document), *steps]
        if len(together) > _MOST_STEPS:
            raise invalid_field("/steps", f"{len(together)} would wait, allowed {_MOST_STEPS}")
        return {**document, "steps": step_documents(together)}

    return await _change(collaborators, key, "ramp", ramped, author)


def _require_to_come(steps: list[Step] | tuple[Step, ...], author: Author) -> None:
    past = next((step.at for step in steps if step.at <= author.at), None)
    if past is not None:
        raise invalid_field("/at", "allowed is a time to come", given=past.isoformat())


async def _change(
    collaborators: ExperimentCollaborators,
    key: str,
    action: str,
    change: Callable[[Document], Document],
    author: Author,
    *,
    archived: bool = False,
) -> Response:
    """Of a flag that is in the archive, or is not, as `archived` says."""

    def checked(document: Document | None) -> Document:
        present = document or {}
        if present["archived"] is not archived:
            given, way = ("archived", "restore it first") if present["archived"] else ("in use", "")
            raise Refusal(
                HTTPStatus.CONFLICT,
                f"{action}: the flag is {given}; {way or 'there is nothing to restore'}",
                slug="invalid-transition",
            )
        return change(present)

    proposal = Proposal(kind="feature_flag", key=key, action=action, change=checked)
    return answer(await submit(collaborators, proposal, author), shown)


def shown(row: Definition) -> FlagOut:
    return FlagOut.model_validate(
        {**kept_fields(row), "status": row.status, "next_step_at": row.due_at}
    )
