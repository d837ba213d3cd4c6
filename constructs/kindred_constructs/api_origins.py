"""The REST APIs as CloudFront sees them: over TLS, under their stage, and with the secret."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins

from kindred_constructs.rest_api_parts import STAGE
from kindred_constructs.web_acl_rules import EDGE_HEADER

# The second API's: everything else is the first one's.
MODEL_PATHS = ("/inference", "/deployments*", "/batch-predictions*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiOrigins:
    """`models` rolls out models, and answers with them; `services` does everything else."""

    services: cloudfront.IOrigin
    models: cloudfront.IOrigin


def api_origin(
    api: apigateway.IRestApi, *, region: str, secret: str, failover_name: str | None = None
) -> cloudfront.IOrigin:
    """`secret` tells the API's web ACL that CloudFront's has looked at a request already.

    `failover_name` is the API's in whichever of two regions serves.
    """
    return origins.HttpOrigin(
        failover_name or f"{api.rest_api_id}.execute-api.{region}.{cdk.Aws.URL_SUFFIX}",
        origin_path=f"/{STAGE}",
        protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
        origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
        custom_headers={EDGE_HEADER: secret},
    )


def passed_on(
    origin: cloudfront.IOrigin,
    *,
    methods: cloudfront.AllowedMethods,
    headers: cloudfront.IResponseHeadersPolicy,
) -> cloudfront.BehaviorOptions:
    """Nothing is kept: the answer depends on who asks, or on what they send."""
    return cloudfront.BehaviorOptions(
        origin=origin,
        allowed_methods=methods,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        # API Gateway knows itself by its own host, and refuses CloudFront's.
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
        response_headers_policy=headers,
    )
