"""API Gateway's Cognito authorizer takes the kind of token that AWS takes, and no other.

Source: Amazon API Gateway's developer guide, "Control access to REST APIs using Amazon Cognito user
pools as an authorizer".
"""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway_v1

from .token_kinds import takes


def install() -> None:
    """Without scopes at the method a token has to be an id token."""
    validate = apigateway_v1._validate_cognito_authorizer

    async def by_kind(authorizer: Any, method: dict[str, Any], *rest: Any) -> Any:
        claims, refusal = await validate(authorizer, method, *rest)
        scopes = method.get("authorizationScopes")
        if claims is not None and not takes(claims.get("token_use"), scopes):
            return None, apigateway_v1._gw_error("UNAUTHORIZED", "Unauthorized")
        return claims, refusal

    apigateway_v1._validate_cognito_authorizer = by_kind
