"""/deployments: begin one, see how it goes, and ask it to go on, wait or go back."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast, get_args

from kindred.rollout.deployment import Verb
from rollout_functions.api_problems import answer
from rollout_functions.api_requests import ProxyRequest, no_such_route, respond
from rollout_functions.body_reading import read_body
from rollout_functions.deployment_changes import change, create, load, page
from rollout_functions.deployment_documents import document, short_document
from rollout_functions.deployment_requests import DeploymentIn, WishIn
from rollout_functions.roles import Role, principal_of, require

# Going back never waits for anybody; going all the way does.
_ROLE_OF: Mapping[str, Role] = {"complete": "approver"}


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    return respond(event, "deployments", _route)


def _route(request: ProxyRequest) -> dict[str, Any]:
    match request.method, request.segments:
        case "POST", ():
            return _create(request)
        case "GET", ():
            return _list(request)
        case "GET", (deployment_id,) if deployment_id:
            return _show(request, deployment_id)
        case "POST", (deployment_id, verb) if verb in get_args(Verb):
            return _change(request, deployment_id, cast("Verb", verb))
        case _, ():
            raise no_such_route(request, allowed="GET, POST")
        case _, (deployment_id,) if deployment_id:
            raise no_such_route(request, allowed="GET")
        case _, (_, verb) if verb in get_args(Verb):
            raise no_such_route(request, allowed="POST")
    raise no_such_route(request)


def _create(request: ProxyRequest) -> dict[str, Any]:
    principal = principal_of(request.event)
    require(principal, "experimenter")
    request.parameters()
    asked = read_body(request.body, DeploymentIn)
    deployment, is_new = create(asked, by=principal.name, key=request.idempotency_key)
    return answer(
        HTTPStatus.CREATED if is_new else HTTPStatus.OK,
        document(deployment),
        headers={"Location": f"/deployments/{deployment.deployment_id}"},
    )


def _list(request: ProxyRequest) -> dict[str, Any]:
    require(principal_of(request.event), "viewer")
    found = page(request.parameters("endpoint", "limit", "cursor"))
    shown = [short_document(deployment) for deployment in found.deployments]
    return answer(HTTPStatus.OK, {"deployments": shown, "next_cursor": found.cursor})


def _show(request: ProxyRequest, deployment_id: str) -> dict[str, Any]:
    require(principal_of(request.event), "viewer")
    request.parameters()
    return answer(HTTPStatus.OK, document(load(deployment_id)))


def _change(request: ProxyRequest, deployment_id: str, verb: Verb) -> dict[str, Any]:
    principal = principal_of(request.event)
    require(principal, _ROLE_OF.get(verb, "experimenter"))
    request.parameters()
    reason = read_body(request.body, WishIn).reason if request.body.strip() else ""
    changed = change(deployment_id, verb, by=principal.name, reason=reason)
    return answer(HTTPStatus.ACCEPTED, document(changed))
