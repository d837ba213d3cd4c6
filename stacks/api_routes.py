"""The public paths of the API, who may call each, and the services that answer them."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway

from kindred_constructs.private_rest_api import PrivateRestApi
from stacks import request_schemas

SIMILARITY_PATHS = ("/api/v1/find-similar", "/api/v1/apps*", "/api/v1/outcomes")
PREDICTION_PATHS = ("/api/v1/predict",)
# Whatever is not another service's: a listener rule takes five patterns and no more.
EXPERIMENTS_PATHS = ("/api/*", "/ofrep/*")

_OF_A_UNIT = ("/api/v1/find-similar", "/api/v1/predict", "/api/v1/outcomes")
# What people manage: collections, with all that is below them, and what has nothing below.
_COLLECTIONS = ("approvals", "experiments", "feature-flags", "holdouts", "saved-groups")
_ALONE = ("audit-logs", "capabilities", "experiment-suggestions", "session")
_TRACKED = ("assign", "batch", "track")


def add_routes(api: PrivateRestApi, *, people: apigateway.IAuthorizer) -> None:
    unit = api.add_body_model("Unit", request_schemas.UNIT)
    for path in _OF_A_UNIT:
        api.add_route("POST", path, body=unit)
    api.add_route("GET", "/api/v1/apps")
    api.add_route("GET", "/api/v1/apps/{app_id}")
    for name in (*_COLLECTIONS, *_ALONE):
        api.add_route("ANY", f"/api/v1/{name}", authorizer=people)
    for name in _COLLECTIONS:
        api.add_route("ANY", f"/api/v1/{name}/{{proxy+}}", authorizer=people)
    for name in _TRACKED:
        api.add_route("POST", f"/api/v1/tracking/{name}")
    api.add_route("POST", "/ofrep/v1/evaluate/flags")
    api.add_route("POST", "/ofrep/v1/evaluate/flags/{key}")
    # SDKs in browsers know no key but the one in the path.
    api.add_route("GET", "/api/features/{client_key}", api_key=False)
