"""What a request does to deployments; what stands against it is said as a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from kindred.problem_details import Refusal, invalid_field, shown
from kindred.rollout.deployment import Deployment, Verb
from kindred.rollout.lifecycle import InvalidTransition, ask
from kindred_aws.aws_refusals import Unavailable
from kindred_aws.deployment_table import (
    CoolDown,
    DeploymentNotFound,
    EndpointBusy,
    IdempotencyConflict,
    Page,
    StaleDeployment,
)
from kindred_aws.model_packages import PackageNotFound
from rollout_functions import new_deployment
from rollout_functions.api_problems import try_again
from rollout_functions.api_settings import api_settings, deployments
from rollout_functions.deployment_requests import DeploymentIn, plan_of, source_of
from rollout_functions.new_deployment import PackageNotApproved, reconcile_soon

_MOST_ON_A_PAGE = 100
_ON_A_PAGE = 20
# Of a UUID. DynamoDB refuses to look for a key of more than 2,048.
_ID_CHARACTERS = 36
# A reconciler writes the same record, a few times a minute.
_ATTEMPTS = 5


def create(asked: DeploymentIn, *, by: str, key: str | None) -> tuple[Deployment, bool]:
    """The deployment, and whether it is new. Raises Refusal."""
    require_endpoint(asked.endpoint)
    source, plan = source_of(asked), plan_of(asked)
    try:
        made, is_new = new_deployment.create(
            endpoint=asked.endpoint,
            source=source,
            engine=asked.engine,
            plan=plan,
            by=by,
            idempotency_key=key,
        )
    except (PackageNotFound, PackageNotApproved) as error:
        raise invalid_field("/model_package_arn", str(error)) from error
    except IdempotencyConflict as error:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        raise Refusal(status, str(error), slug="idempotency-key-reused") from error
    except EndpointBusy as error:
        raise Refusal(HTTPStatus.CONFLICT, str(error), slug="endpoint-busy") from error
    except CoolDown as error:
        raise Refusal(HTTPStatus.CONFLICT, str(error), slug="model-in-cool-down") from error
    except Unavailable as error:
        raise _not_written() from error
    reconcile_soon(made)
    return made, is_new


def require_endpoint(endpoint: str) -> None:
    """Raises Refusal."""
    known = api_settings().endpoints
    if endpoint not in known:
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            f"endpoint: given {endpoint!r}, allowed {', '.join(known)}",
            slug="endpoint-not-found",
        )


def page(parameters: Mapping[str, str]) -> Page:
    """Raises Refusal."""
    endpoint, cursor = parameters.get("endpoint"), parameters.get("cursor")
    if endpoint is not None:
        require_endpoint(endpoint)
    limit = parameters.get("limit", str(_ON_A_PAGE))
    if not (limit.isascii() and limit.isdigit() and len(limit) <= 3) or not (
        1 <= int(limit) <= _MOST_ON_A_PAGE
    ):
        raise invalid_field("limit", f"allowed 1 to {_MOST_ON_A_PAGE}", given=limit)
    try:
        return deployments().list(endpoint=endpoint, limit=int(limit), cursor=cursor)
    except ValueError as error:
        raise invalid_field("cursor", "allowed what a page before gave", given=cursor) from error


def load(deployment_id: str) -> Deployment:
    """Raises Refusal."""
    try:
        if len(deployment_id) > _ID_CHARACTERS:
            raise DeploymentNotFound(
                f"deployment_id: given {shown(deployment_id)}, which is unknown"
            )
        return deployments().load(deployment_id)
    except DeploymentNotFound as error:
        raise Refusal(HTTPStatus.NOT_FOUND, str(error), slug="deployment-not-found") from error


def change(deployment_id: str, verb: Verb, *, by: str, reason: str) -> Deployment:
    """The deployment with the wish that the reconciler will take up. Raises Refusal."""
    for _ in range(_ATTEMPTS):
        found = load(deployment_id)
        try:
            wished = ask(found, verb, by=by, now=datetime.now(UTC), reason=reason)
            changed = found if wished is found else deployments().save(wished)
        except InvalidTransition as error:
            raise Refusal(HTTPStatus.CONFLICT, str(error), slug="invalid-transition") from error
        except StaleDeployment:
            continue
        except Unavailable as error:
            raise _not_written() from error
        reconcile_soon(changed)
        return changed
    raise Refusal(
        HTTPStatus.CONFLICT,
        "the deployment changed at every attempt to write to it; send this again",
        slug="stale-change",
        headers={"Retry-After": "1"},
    )


def _not_written() -> Refusal:
    detail = "the deployment cannot be written right now; send this again"
    return try_again(detail, slug="deployments-unavailable")
