"""The public paths of the API, who may call each, and the services that answer them."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway

from kindred_constructs.private_rest_api import PrivateRestApi
from stacks.request_schemas import body_schema

SIMILARITY_PATHS = ("/api/v1/find-similar", "/api/v1/apps*", "/api/v1/outcomes")
PREDICTION_PATHS = ("/api/v1/predict",)
# Whatever is not another service's: a listener rule takes five patterns and no more.
EXPERIMENTS_PATHS = ("/api/*", "/ofrep/*")

# Whose bodies the gateway checks by the service's document: path, service, the model's name.
# Not those of flag evaluation: its clients read refusals in their own protocol's form.
_CHECKED = (
    ("/api/v1/find-similar", "similarity", "Query"),
    ("/api/v1/predict", "prediction", "Prediction"),
    ("/api/v1/outcomes", "similarity", "Outcome"),
    ("/api/v1/tracking/assign", "experiments", "Assignment"),
    ("/api/v1/tracking/track", "experiments", "Event"),
    ("/api/v1/tracking/batch", "experiments", "Batch"),
)
# What people manage: collections, with all that is below them, and what has nothing below.
_COLLECTIONS = ("approvals", "experiments", "feature-flags", "holdouts", "saved-groups")
_ALONE = ("audit-logs", "capabilities", "experiment-suggestions", "session")


def add_routes(api: PrivateRestApi, *, people: apigateway.IAuthorizer) -> None:
    for path, service, model in _CHECKED:
        schema = body_schema(service, path)
        api.add_route("POST", path, body=api.add_body_model(model, schema))
    api.add_route("GET", "/api/v1/apps")
    api.add_route("GET", "/api/v1/apps/{app_id}")
    for name in (*_COLLECTIONS, *_ALONE):
        api.add_route("ANY", f"/api/v1/{name}", authorizer=people)
    for name in _COLLECTIONS:
        api.add_route("ANY", f"/api/v1/{name}/{{proxy+}}", authorizer=people)
    api.add_route("POST", "/ofrep/v1/evaluate/flags")
    api.add_route("POST", "/ofrep/v1/evaluate/flags/{key}")
    # SDKs in browsers know no key but the one in the path.
    api.add_route("GET", "/api/features/{client_key}", api_key=False)
