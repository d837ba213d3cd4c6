"""A definition against itself and against the others, before it is written."""

from __future__ import annotations

from http import HTTPStatus

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from experiments_service.database.models import Definition, Kind
from experiments_service.definition_documents import Document, steps_of
from experiments_service.documents import experiment_of, flag_of
from kindred.experiments.definitions import Experiment, Flag
from kindred.experiments.flag_graph import DEEPEST, deepest, find_cycle, prerequisites_of
from kindred.experiments.schedule import ImpossibleStep, apply
from kindred.experiments.validity import (
    OVER,
    Invalid,
    experiment_problems,
    flag_problems,
    namespace_conflicts,
    release_problems,
    served_problems,
)
from kindred.problem_details import Refusal, field_problem, invalid_field


async def require_valid(session: AsyncSession, kind: Kind, after: Document) -> None:
    """Raises Refusal: 422 with every problem, or 409 where ranges of a namespace overlap without
    being meant to. The chain's lock is held, so that what is read here stands."""
    if kind == "experiment":
        await _require_valid_experiment(session, after)
    if kind == "feature_flag":
        await _require_valid_flag(session, after)


async def require_room(session: AsyncSession, *, most: int) -> None:
    """Raises Refusal where one more would not fit the cache that every evaluator holds."""
    present = await session.scalar(
        select(func.count()).select_from(Definition).where(Definition.status != "archived")
    )
    if present is not None and present >= most:
        raise Refusal(
            HTTPStatus.CONFLICT,
            f"given one definition beside {present}, allowed {most} (REDIS_CACHE_MAX_SIZE); "
            "archive what is over",
            slug="cache-full",
        )


async def _require_valid_experiment(session: AsyncSession, document: Document) -> None:
    experiment = experiment_of(document)
    if experiment.status in OVER:
        _refuse(list(release_problems(experiment)))
        return
    _refuse(
        experiment_problems(
            experiment,
            saved_groups=await _keys(session, "saved_group"),
            holdouts=await _keys(session, "holdout"),
        )
    )
    served = [served_problems(flag, {experiment.key: experiment}) for flag in await _flags(session)]
    _refuse([problem for problems in served for problem in problems])
    if experiment.namespace is None or document.get("allow_namespace_overlap"):
        return
    rows = await session.scalars(
        select(Definition.document).where(
            Definition.kind == "experiment",
            Definition.key != experiment.key,
            Definition.status.not_in([str(status) for status in OVER]),
        )
    )
    if conflicts := namespace_conflicts(experiment.namespace, map(experiment_of, rows)):
        raise Refusal(
            HTTPStatus.CONFLICT,
            f"the range overlaps {', '.join(conflicts)} in the namespace "
            f"{experiment.namespace.name}; units there would be in both; allow_namespace_overlap "
            "says that it is meant",
            slug="namespace-overlap",
        )


async def _require_valid_flag(session: AsyncSession, document: Document) -> None:
    flag = flag_of(document)
    others = [other for other in await _flags(session) if other.key != flag.key]
    if flag.archived:
        _require_unused(flag, others)
        return
    known = {
        "saved_groups": await _keys(session, "saved_group"),
        "experiments": await _keys(session, "experiment"),
        "flags": {flag.key, *(each.key for each in others)},
    }
    _refuse([*flag_problems(flag, **known), *served_problems(flag, await _named(session, flag))])
    if cycle := find_cycle([flag, *others]):
        raise invalid_field(
            "/prerequisites", f"a cycle, which is not allowed: {' -> '.join(cycle)}"
        )
    asking, depth = deepest([flag, *others])
    if depth > DEEPEST:
        raise invalid_field(
            "/prerequisites", f"{asking} would wait for a chain of {depth}, allowed {DEEPEST}"
        )
    for at, step in enumerate(steps_of(document)):
        try:
            flag = apply(flag, step)
        except ImpossibleStep as error:
            raise invalid_field(f"/steps/{at}", str(error)) from error
        after_step = flag_problems(flag, **known)
        _refuse([Invalid(f"/steps/{at}{each.pointer}", each.detail) for each in after_step])


def _require_unused(flag: Flag, others: list[Flag]) -> None:
    asking = [other.key for other in others if flag.key in prerequisites_of(other)]
    if asking:
        raise Refusal(
            HTTPStatus.CONFLICT,
            f"{flag.key} is a prerequisite of {', '.join(asking)}, which need it",
            slug="flag-needed",
        )


async def _flags(session: AsyncSession) -> list[Flag]:
    """Those that are not archived."""
    documents = await session.scalars(
        select(Definition.document).where(
            Definition.kind == "feature_flag", Definition.status != "archived"
        )
    )
    return [flag_of(document) for document in documents]


async def _named(session: AsyncSession, flag: Flag) -> dict[str, Experiment]:
    """The experiments whose variations the flag's rules serve."""
    keys = [rule.experiment for rule in flag.rules if rule.experiment is not None]
    documents = await session.scalars(
        select(Definition.document).where(Definition.kind == "experiment", Definition.key.in_(keys))
    )
    return {each.key: each for each in map(experiment_of, documents)}


async def _keys(session: AsyncSession, kind: Kind) -> set[str]:
    return set(await session.scalars(select(Definition.key).where(Definition.kind == kind)))


def _refuse(problems: list[Invalid]) -> None:
    if problems:
        raise Refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "; ".join(f"{each.pointer}: {each.detail}" for each in problems[:5]),
            slug="invalid-request",
            errors=[field_problem(each.pointer, each.detail) for each in problems],
        )
