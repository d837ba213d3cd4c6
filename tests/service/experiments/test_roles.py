"""Which role each route asks for: all of them, so that none is forgotten."""

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from experiments_service.identity.principal import ROLES
from experiments_service.identity.roles import RoleRequired
from experiments_service.main import create_app
from tests.service.experiments.evaluation_fixtures import collaborators, published

# For clients, which have no person: behind the gateway's API key, or a key in the path.
PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/api/features/{client_key}"),
    ("POST", "/api/v1/tracking/assign"),
    ("POST", "/api/v1/tracking/track"),
    ("POST", "/api/v1/tracking/batch"),
    ("POST", "/ofrep/v1/evaluate/flags"),
    ("POST", "/ofrep/v1/evaluate/flags/{key}"),
}
READING = "viewer"
WRITING = "experimenter"
OTHERWISE = {
    ("POST", "/api/v1/approvals/{approval_id}/approve"): "approver",
    ("POST", "/api/v1/approvals/{approval_id}/reject"): "approver",
    ("GET", "/api/v1/audit-logs"): "admin",
    ("DELETE", "/api/v1/session"): "viewer",
}


def required(dependant):
    found = [each.call.role for each in [dependant] if isinstance(each.call, RoleRequired)]
    for inner in dependant.dependencies:
        found += required(inner)
    return found


def routes():
    """Method and path of every route, with the roles that its dependencies ask for."""
    app = create_app(collaborators(published()))
    return {
        (method, context.path): required(context.dependant)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in context.methods
    }


ROUTES = routes()
MANAGED = sorted(ROUTES.keys() - PUBLIC)


def test_a_public_route_is_one_that_is_there():
    assert ROUTES.keys() >= PUBLIC
    assert all(not ROUTES[route] for route in PUBLIC)


@pytest.mark.parametrize(("method", "path"), MANAGED)
def test_a_route_that_is_not_public_asks_for_a_role(method, path):
    usual = READING if method == "GET" else WRITING

    assert ROUTES[method, path][:1] == [OTHERWISE.get((method, path), usual)]


@pytest.mark.parametrize(("method", "path"), MANAGED)
def test_whoever_has_less_is_refused_and_told_what_it_takes(platform, method, path):
    role = ROUTES[method, path][0]
    address = path.removeprefix("/api/v1").format(
        key="checkout", approval_id="00000000-0000-0000-0000-000000000000"
    )
    body = None if method in ("GET", "DELETE") else {}

    unknown = platform.client.request(method, f"/api/v1{address}", json=body)
    assert (unknown.status_code, unknown.headers["content-type"]) == (
        401,
        "application/problem+json",
    )
    assert f"the role {role}" in unknown.json()["detail"]
    for lesser in ROLES[: ROLES.index(role)]:
        refused = platform.ask(method, address, body, role=lesser)
        assert refused.status_code == 403
        assert f"given {lesser}, this needs {role} or above" in refused.json()["detail"]
    if (method, path) != ("DELETE", "/api/v1/session"):
        assert platform.ask(method, address, body, role=role).status_code not in (401, 403)


def test_nothing_but_the_document_is_served_beside_the_routes():
    app = create_app(collaborators(published()))
    others = {
        context.path
        for context in iter_route_contexts(app.routes)
        if not isinstance(context.original_route, APIRoute)
    }

    assert others <= {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}
