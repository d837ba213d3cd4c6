"""What this environment can do, and the assistant that suggests experiments."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, ValidationError

from experiments_service.assistants.experiment_design import AssistantUnavailable
from experiments_service.dependencies import CollaboratorsDep
from experiments_service.documents import experiment_of
from experiments_service.experiment_schemas import ExperimentIn, SampleSizeOut, sample_size
from experiments_service.identity.roles import ExperimenterDep, ViewerDep
from experiments_service.wire import WireIn
from kindred.experiments.validity import experiment_problems
from kindred.problem_details import Refusal

router = APIRouter(prefix="/api/v1", tags=["capabilities"])

_DRAFT = TypeAdapter(ExperimentIn)


class CapabilityOut(BaseModel):
    state: Literal["on", "off"]
    needs: Annotated[str | None, Field(description="What would switch it on.")] = None


class CapabilitiesOut(BaseModel):
    environment: str
    approvals: CapabilityOut
    slack: CapabilityOut
    email: CapabilityOut
    design_assistant: CapabilityOut


class IdeaIn(WireIn):
    idea: Annotated[str, StringConstraints(min_length=10, max_length=4_000)]


class SuggestionOut(BaseModel):
    """`draft` can be sent to create an experiment once `problems` is empty. Nothing was created."""

    draft: dict[str, Any]
    problems: list[str]
    sample_size: SampleSizeOut | None


@router.get("/capabilities")
async def read_capabilities(_: ViewerDep, collaborators: CollaboratorsDep) -> CapabilitiesOut:
    settings = collaborators.settings
    return CapabilitiesOut(
        environment=settings.environment,
        approvals=_capability(settings.approvals_required, "APPROVALS_REQUIRED"),
        slack=_capability(settings.optional.slack_token, "SLACK_BOT_TOKEN"),
        email=_capability(settings.optional.sendgrid_key, "SENDGRID_API_KEY"),
        design_assistant=_capability(settings.optional.anthropic_key, "ANTHROPIC_API_KEY"),
    )


@router.post("/experiment-suggestions")
async def suggest_experiment(
    given: IdeaIn, _: ExperimenterDep, collaborators: CollaboratorsDep
) -> SuggestionOut:
    """A draft for an idea, checked like any other and never kept: a person creates it, or not."""
    if collaborators.assistant is None:
        raise Refusal(
            HTTPStatus.NOT_IMPLEMENTED,
            "the design assistant is off in this environment; ANTHROPIC_API_KEY switches it on",
            slug="capability-off",
        )
    try:
        draft = await collaborators.assistant.suggest(
            given.idea, schema=ExperimentIn.model_json_schema()
        )
    except AssistantUnavailable as error:
        raise Refusal(
            HTTPStatus.BAD_GATEWAY, f"the design assistant {error}", slug="assistant-unavailable"
        ) from error
    return _checked(draft)


def _checked(draft: dict[str, Any]) -> SuggestionOut:
    try:
        document = _DRAFT.validate_python(draft).model_dump(mode="json")
    except ValidationError as error:
        problems = [
            f"/{'/'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:20]
        ]
        return SuggestionOut(draft=draft, problems=problems, sample_size=None)
    experiment = experiment_of(document)
    found = experiment_problems(experiment, saved_groups=(), holdouts=())
    return SuggestionOut(
        draft=document,
        problems=[f"{each.pointer}: {each.detail}" for each in found],
        sample_size=None if found else sample_size(experiment),
    )


def _capability(on: object, needs: str) -> CapabilityOut:
    return CapabilityOut(state="on") if on else CapabilityOut(state="off", needs=needs)
