"""Experiments: defined, started, watched over, ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from experiments_service.answers import MAY_WAIT, answer, kept_fields
from experiments_service.author import Author, AuthorDep
from experiments_service.changes import Proposal, not_found, submit
from experiments_service.collaborators import ExperimentCollaborators
from experiments_service.database.models import Definition
from experiments_service.definition_documents import Document
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.documents import document_of, experiment_of
from experiments_service.experiment_schemas import (
    CloneIn,
    CompleteIn,
    ExperimentChangeIn,
    ExperimentIn,
    ExperimentOut,
    ExperimentPageOut,
    ScheduleIn,
    sample_size,
)
from experiments_service.identity.roles import ViewerDep
from experiments_service.pages import definitions_page
from experiments_service.wire import Cursor, KeyPath, Limit, Text
from kindred.experiments.definitions import Experiment, ExperimentStatus
from kindred.experiments.lifecycle import Action, after, allowed_actions, require_safe
from kindred.problem_details import invalid_field

router = APIRouter(prefix="/api/v1/experiments", tags=["experiments"])


@router.post("", status_code=HTTPStatus.CREATED, response_model=ExperimentOut, responses=MAY_WAIT)
async def create_experiment(
    given: ExperimentIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """A draft: nobody is assigned until it is started."""
    document = {**given.model_dump(mode="json"), "owner": given.owner or author.name}
    return await _create(collaborators, given.key, "create", document, author)


@router.get("")
async def read_experiments(
    _: ViewerDep,
    collaborators: CollaboratorsDep,
    status: ExperimentStatus | None = None,
    owner: Text = None,
    tag: Text = None,
    search: Annotated[Text, Query(description="Part of a key or a name.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> ExperimentPageOut:
    """Newest first, from the reader, which may lag behind a change by moments."""
    async with collaborators.reader() as session:
        rows, following = await definitions_page(
            session,
            "experiment",
            limit=limit,
            cursor=cursor,
            status=status,
            owner=owner,
            tag=tag,
            search=search,
        )
    return ExperimentPageOut(experiments=[shown(row) for row in rows], next_cursor=following)


@router.get("/{key}")
async def read_experiment(
    key: KeyPath, _: ViewerDep, collaborators: CollaboratorsDep, response: Response
) -> ExperimentOut:
    row = await _find(collaborators, key)
    response.headers["ETag"] = f'"{row.version}"'
    return shown(row)


@router.patch("/{key}", response_model=ExperimentOut, responses=MAY_WAIT)
async def update_experiment(
    key: KeyPath, given: ExperimentChangeIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """A draft may change in everything. Once it runs: name, hypothesis, end, more coverage, and
    what only people read; once completed: the released variation. For the rest, clone it."""
    changes = given.model_dump(mode="json", exclude_unset=True)

    def change(document: Document) -> Document:
        changed = {**document, **changes, "owner": changes.get("owner") or document["owner"]}
        require_safe(experiment_of(document), experiment_of(changed))
        return changed

    return await _change(collaborators, key, "update", change, author)


@router.post("/{key}/clone", status_code=HTTPStatus.CREATED, response_model=ExperimentOut)
async def clone_experiment(
    key: KeyPath, given: CloneIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """A draft of another key. Times, release and seed are not taken over, so that units are
    assigned anew; nor is the range of a namespace, which the first one holds."""
    document = (await _find(collaborators, key)).document
    cloned = replace(
        experiment_of(document),
        key=given.key,
        name=given.name or f"{document['name']} (copy)",
        status=ExperimentStatus.DRAFT,
        starts_at=None,
        ends_at=None,
        released=None,
        namespace=None,
        seed=None,
        bucket_version=0,
    )
    copied = {**document, **document_of(cloned), "owner": author.name}
    return await _create(collaborators, given.key, "clone", copied, author)


@router.post("/{key}/schedule", response_model=ExperimentOut, responses=MAY_WAIT)
async def schedule_experiment(
    key: KeyPath, given: ScheduleIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """Start, end or both by the clock. What is not given stays; null takes it away."""
    times = given.model_dump(exclude_unset=True)
    for name, moment in times.items():
        if moment is not None and moment <= author.at:
            raise invalid_field(f"/{name}", "allowed is a time to come", given=moment.isoformat())

    def scheduled(experiment: Experiment) -> Experiment:
        changed = replace(experiment, **times)
        if experiment.status is ExperimentStatus.RUNNING:
            require_safe(experiment, changed)
            return changed
        status = after(experiment.status, "schedule")
        if changed.starts_at is None:
            raise invalid_field("/starts_at", "needed, unless the experiment runs already")
        return replace(changed, status=status)

    return await _transition(collaborators, key, "schedule", scheduled, author)


@router.post("/{key}/unschedule", response_model=ExperimentOut)
async def unschedule_experiment(
    key: KeyPath, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    return await _transition(
        collaborators, key, "unschedule", lambda each: replace(each, starts_at=None), author
    )


@router.post("/{key}/start", response_model=ExperimentOut, responses=MAY_WAIT)
async def start_experiment(
    key: KeyPath, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    return await _transition(collaborators, key, "start", lambda each: each, author)


@router.post("/{key}/pause", response_model=ExperimentOut)
async def pause_experiment(
    key: KeyPath, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """Nobody is assigned any more; what was counted stays. Never waits for approval."""
    return await _transition(collaborators, key, "pause", lambda each: each, author)


@router.post("/{key}/resume", response_model=ExperimentOut, responses=MAY_WAIT)
async def resume_experiment(
    key: KeyPath, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    return await _transition(collaborators, key, "resume", lambda each: each, author)


@router.post("/{key}/complete", response_model=ExperimentOut, responses=MAY_WAIT)
async def complete_experiment(
    key: KeyPath, given: CompleteIn, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """For good. Without a release it never waits for approval, since that only stops it."""

    def released(experiment: Experiment) -> Experiment:
        known = [variation.key for variation in experiment.variations]
        if given.released is not None and given.released not in known:
            raise invalid_field(
                "/released", "no variation has this key", given=given.released, allowed=known
            )
        return replace(experiment, released=given.released)

    return await _transition(collaborators, key, "complete", released, author)


@router.post("/{key}/archive", response_model=ExperimentOut)
async def archive_experiment(
    key: KeyPath, author: AuthorDep, collaborators: CollaboratorsDep
) -> Response:
    """Out of sight; a released variation is served on by the flags that name the experiment."""
    return await _transition(collaborators, key, "archive", lambda each: each, author)


async def _find(collaborators: ExperimentCollaborators, key: str) -> Definition:
    """Raises Refusal."""
    async with collaborators.sessions() as session:
        row = await session.get(Definition, ("experiment", key))
    if row is None:
        raise not_found("experiment", key)
    return row


async def _create(
    collaborators: ExperimentCollaborators,
    key: str,
    action: str,
    document: dict[str, Any],
    author: Author,
) -> Response:
    proposal = Proposal(
        kind="experiment", key=key, action=action, change=lambda _: document, creates=True
    )
    result = await submit(collaborators, proposal, author)
    return answer(result, shown, status=HTTPStatus.CREATED, location=f"/api/v1/experiments/{key}")


async def _change(
    collaborators: ExperimentCollaborators,
    key: str,
    action: str,
    change: Callable[[Document], Document],
    author: Author,
) -> Response:
    proposal = Proposal(
        kind="experiment", key=key, action=action, change=lambda document: change(document or {})
    )
    return answer(await submit(collaborators, proposal, author), shown)


async def _transition(
    collaborators: ExperimentCollaborators,
    key: str,
    action: Action,
    change: Callable[[Experiment], Experiment],
    author: Author,
) -> Response:
    """To where `action` leads, with what else changes on the way. A schedule says its own."""

    def led(document: Document) -> Document:
        experiment = experiment_of(document)
        if action != "schedule":
            experiment = replace(experiment, status=after(experiment.status, action))
        return {**document, **document_of(change(experiment))}

    return await _change(collaborators, key, action, led, author)


def shown(row: Definition) -> ExperimentOut:
    experiment = experiment_of(row.document)
    return ExperimentOut.model_validate(
        {
            **kept_fields(row),
            "allowed_actions": allowed_actions(experiment.status),
            "sample_size": sample_size(experiment),
        }
    )
