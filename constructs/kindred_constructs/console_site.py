"""The console: pages from a private bucket, and the API under the same name."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kindred_constructs.api_origins import ApiOrigins, passed_on
from kindred_constructs.console_pages import pages_function
from kindred_constructs.edge_site import EdgeGuards, PublicName, distribution, url_of
from kindred_constructs.security_headers import SecurityHeaders


class ConsoleSite(Construct):
    """In one origin with the API, a page calls it without any rule for strangers (CORS).

    CloudFront's own error pages are of a whole distribution and would replace the API's problem
    details, so a function answers for pages that do not exist.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        apis: ApiOrigins,
        sign_in_url: str,
        guards: EdgeGuards,
        access_logs: s3.IBucket,
        name: PublicName | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            # What everybody may read needs no key of ours, which CloudFront would have to be let
            # use before it exists.
            encryption=s3.BucketEncryption.S3_MANAGED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="s3/console/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=cdk.Duration.days(90),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
        )
        read = cloudfront.AllowedMethods.ALLOW_GET_HEAD_OPTIONS
        answers = SecurityHeaders(self, "AnswerHeaders")
        self.distribution = distribution(
            self,
            guards=guards,
            name=name,
            default_behavior=self._pages(sign_in_url),
            additional_behaviors={
                "/api/v1/*": passed_on(apis.services, methods=read, headers=answers),
                "/deployments*": passed_on(apis.models, methods=read, headers=answers),
            },
        )
        self.url = url_of(self.distribution, name)

    def _pages(self, sign_in_url: str) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            # For as long as each object says itself: hashed ones a year, pages a minute.
            cache_policy=cloudfront.CachePolicy(
                self,
                "CachePolicy",
                default_ttl=cdk.Duration.minutes(1),
                min_ttl=cdk.Duration.seconds(0),
                max_ttl=cdk.Duration.days(365),
                enable_accept_encoding_brotli=True,
                enable_accept_encoding_gzip=True,
            ),
            response_headers_policy=SecurityHeaders(self, "PageHeaders", connect_to=[sign_in_url]),
            function_associations=[
                cloudfront.FunctionAssociation(
                    event_type=cloudfront.FunctionEventType.VIEWER_REQUEST,
                    function=cloudfront.Function(
                        self,
                        "Pages",
                        comment="Answers for pages of the console that do not exist",
                        runtime=cloudfront.FunctionRuntime.JS_2_0,
                        code=cloudfront.FunctionCode.from_inline(pages_function()),
                    ),
                )
            ],
        )
