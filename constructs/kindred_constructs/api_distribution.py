"""CloudFront in front of both APIs: near to clients, behind the firewall, and with a memory."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

from kindred_constructs.api_origins import MODEL_PATHS, ApiOrigins, passed_on
from kindred_constructs.edge_site import EdgeGuards, PublicName, distribution, url_of
from kindred_constructs.security_headers import SecurityHeaders

# Queries that come again, and mean the same to everybody with the same key. CloudFront never keeps
# the answer to a POST.
REPEATED_PATHS = ("/api/features/*", "/api/v1/apps*")
# CloudFront would keep these for ten seconds, and a short fault with them.
_FAILURES = (400, 403, 404, 405, 414, 500, 501, 502, 503, 504)


class ApiDistribution(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        apis: ApiOrigins,
        cache: cdk.Duration,
        guards: EdgeGuards,
        name: PublicName | None,
    ) -> None:
        """`cache` is how long the answer to a repeated query is kept; zero keeps none."""
        super().__init__(scope, construct_id)
        headers = SecurityHeaders(self, "Headers")
        every = cloudfront.AllowedMethods.ALLOW_ALL
        behaviours = {
            path: passed_on(apis.models, methods=every, headers=headers) for path in MODEL_PATHS
        }
        if cache.to_seconds():
            repeated = self._repeated(apis.services, cache, headers)
            behaviours |= dict.fromkeys(REPEATED_PATHS, repeated)
        self.distribution = distribution(
            self,
            guards=guards,
            name=name,
            default_behavior=passed_on(apis.services, methods=every, headers=headers),
            additional_behaviors=behaviours,
            error_responses=[
                cloudfront.ErrorResponse(http_status=status, ttl=cdk.Duration.seconds(0))
                for status in _FAILURES
            ],
        )
        self.url = url_of(self.distribution, name)

    def _repeated(
        self,
        origin: cloudfront.IOrigin,
        cache: cdk.Duration,
        headers: cloudfront.IResponseHeadersPolicy,
    ) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origin,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            compress=True,
            cache_policy=cloudfront.CachePolicy(
                self,
                "CachePolicy",
                default_ttl=cache,
                min_ttl=cdk.Duration.seconds(0),
                max_ttl=cache,
                query_string_behavior=cloudfront.CacheQueryStringBehavior.all(),
                # Whoever has no key, or another, does not get what a key has asked for.
                header_behavior=cloudfront.CacheHeaderBehavior.allow_list("x-api-key"),
                cookie_behavior=cloudfront.CacheCookieBehavior.none(),
                enable_accept_encoding_brotli=True,
                enable_accept_encoding_gzip=True,
            ),
            response_headers_policy=headers,
        )
