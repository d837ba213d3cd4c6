"""Requests as API Gateway's REST API hands them to a function, with every field it sends."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qsl

REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
STAGE = "public"


def proxy_event(method, path, body=None, *, groups="experimenter", headers=None, query="", **given):
    """`body` is sent as JSON unless it is text; `groups` is the claim as API Gateway words it,
    None for a caller who brought a key and no token."""
    sent = {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        "User-Agent": "python-httpx/0.28.1",
        "X-Amzn-Trace-Id": "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520",
        "X-Forwarded-For": "192.0.2.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
        **(headers or {}),
    }
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    if given.get("base64") and text is not None:
        text = base64.b64encode(text.encode()).decode()
    parameters = parse_qsl(query, keep_blank_values=True)
    repeated = {name: [v for n, v in parameters if n == name] for name, _ in parameters}
    return {
        "resource": given.get("resource", path),
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": dict(parameters) or None,
        "multiValueQueryStringParameters": repeated or None,
        "pathParameters": given.get("path_parameters"),
        "stageVariables": None,
        "requestContext": _context(method, path, groups),
        "body": text,
        "isBase64Encoded": bool(given.get("base64")),
    }


def _context(method, path, groups):
    context = {
        "accountId": "123456789012",
        "apiId": "a1b2c3d4e5",
        "deploymentId": "dep123",
        "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
        "domainPrefix": "a1b2c3d4e5",
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "httpMethod": method,
        "identity": {
            "accessKey": None,
            "accountId": None,
            "apiKey": None if groups is not None else "key",
            "apiKeyId": None if groups is not None else "abc123",
            "caller": None,
            "cognitoAuthenticationProvider": None,
            "cognitoAuthenticationType": None,
            "cognitoIdentityId": None,
            "cognitoIdentityPoolId": None,
            "principalOrgId": None,
            "sourceIp": "192.0.2.1",
            "user": None,
            "userAgent": "python-httpx/0.28.1",
            "userArn": None,
        },
        "path": f"/{STAGE}{path}",
        "protocol": "HTTP/1.1",
        "requestId": REQUEST_ID,
        "requestTime": "10/Mar/2026:00:03:59 +0000",
        "requestTimeEpoch": 1_773_100_000_000,
        "resourceId": "123456",
        "resourcePath": path,
        "stage": STAGE,
    }
    if groups is None:
        return context
    claims = {
        "sub": "8a1c2c0e-2d0b-4d4e-9d5c-0123456789ab",
        "email": "experimenter@example.com",
        "email_verified": "true",
        "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc",
        "cognito:username": "8a1c2c0e-2d0b-4d4e-9d5c-0123456789ab",
        "aud": "client",
        "token_use": "id",
        "exp": "Tue Mar 10 01:03:59 UTC 2026",
    }
    claims |= {"cognito:groups": groups} if groups else {}
    return {**context, "authorizer": {"claims": claims}}
