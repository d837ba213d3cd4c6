"""The feature payload that GrowthBook SDKs read, to evaluate by themselves."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from experiments_service.dependencies import CollaboratorsDep
from experiments_service.entity_tags import matches
from experiments_service.publication.current import PublishedDep
from kindred.problem_details import Refusal

router = APIRouter(prefix="/api/features", tags=["evaluation"])

# Half of the time within which a change is to be live: the other half is the SDK's own.
_SHARE_OF_TTL = 2


@router.get("/{client_key}", response_class=Response)
async def read_features(
    client_key: Annotated[str, Path(max_length=128)],
    collaborators: CollaboratorsDep,
    published: PublishedDep,
    if_none_match: Annotated[str | None, Header(max_length=1_000)] = None,
) -> Response:
    settings = collaborators.settings
    if not hmac.compare_digest(client_key.encode(), settings.client_key.encode()):
        raise Refusal(
            HTTPStatus.UNAUTHORIZED, "this client key is not the environment's", slug="client-key"
        )
    max_age = max(1, settings.cache.ttl_seconds // _SHARE_OF_TTL)
    headers = {
        "ETag": f'"{published.snapshot.version}"',
        "Cache-Control": f"public, max-age={max_age}",
        # Browsers read it too: the client key is no secret, and nothing is sent along.
        "Access-Control-Allow-Origin": "*",
    }
    if matches(if_none_match, published.snapshot.version):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(published.features, media_type="application/json", headers=headers)
