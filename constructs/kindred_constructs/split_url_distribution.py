"""A site behind CloudFront whose pages are compared with others, visitor by visitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from kindred_constructs.edge_bundle import EdgeBundle
from kindred_constructs.edge_secret import EDGE_REGION
from kindred_constructs.edge_site import EdgeGuards, distribution


class SplitUrlDistribution(Construct):
    """Lives in a stack of us-east-1, where CloudFront takes its functions from.

    `configuration` is what `kindred.experiments.split_url.SplitUrl` reads. It is baked in, so that
    another configuration is another version of the functions.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        origin: cloudfront.IOrigin,
        domain_names: Sequence[str],
        certificate: acm.ICertificate,
        configuration: Mapping[str, Any],
        guards: EdgeGuards,
    ) -> None:
        super().__init__(scope, construct_id)
        region = cdk.Stack.of(self).region
        if region != EDGE_REGION:
            raise ValueError(
                f"region: given {region}, allowed {EDGE_REGION}: CloudFront takes no other"
            )
        self._bundle = EdgeBundle(configuration)
        lead = self._function("SplitUrl", "split_url.handler", guards)
        keep = self._function("KeepVariation", "keep_variation.handler", guards)
        self.distribution = distribution(
            self,
            guards=guards,
            name=None,
            domain_names=list(domain_names),
            certificate=certificate,
            minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
            default_behavior=cloudfront.BehaviorOptions(
                origin=origin,
                viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
                cache_policy=self._cache_policy(),
                response_headers_policy=cloudfront.ResponseHeadersPolicy.SECURITY_HEADERS,
                edge_lambdas=[
                    cloudfront.EdgeLambda(
                        event_type=cloudfront.LambdaEdgeEventType.VIEWER_REQUEST,
                        function_version=lead.current_version,
                    ),
                    cloudfront.EdgeLambda(
                        event_type=cloudfront.LambdaEdgeEventType.VIEWER_RESPONSE,
                        function_version=keep.current_version,
                    ),
                ],
            ),
        )

    def _cache_policy(self) -> cloudfront.CachePolicy:
        """By address and query: variations may differ in a parameter alone, and in no cookie."""
        return cloudfront.CachePolicy(
            self,
            "CachePolicy",
            query_string_behavior=cloudfront.CacheQueryStringBehavior.all(),
            cookie_behavior=cloudfront.CacheCookieBehavior.none(),
            enable_accept_encoding_brotli=True,
            enable_accept_encoding_gzip=True,
        )

    def _function(self, construct_id: str, handler: str, guards: EdgeGuards) -> lambda_.Function:
        log_group = logs.LogGroup(self, f"{construct_id}Log", encryption_key=guards.log_key)
        return lambda_.Function(
            self,
            construct_id,
            runtime=lambda_.Runtime.PYTHON_3_13,
            # The edge has neither ARM nor more memory and time for what answers viewers.
            architecture=lambda_.Architecture.X86_64,
            memory_size=128,
            timeout=cdk.Duration.seconds(5),
            code=lambda_.Code.from_asset(
                str(self._bundle.folder()),
                asset_hash=self._bundle.digest,
                asset_hash_type=cdk.AssetHashType.CUSTOM,
                exclude=["**/__pycache__"],
            ),
            handler=f"edge_functions.{handler}",
            role=self._role(f"{construct_id}Role", log_group),
            log_group=log_group,
            # A version that replicas still run cannot be deleted.
            current_version_options=lambda_.VersionOptions(removal_policy=cdk.RemovalPolicy.RETAIN),
        )

    def _role(self, construct_id: str, log_group: logs.ILogGroup) -> iam.Role:
        role = iam.Role(
            self,
            construct_id,
            assumed_by=iam.CompositePrincipal(
                iam.ServicePrincipal("lambda.amazonaws.com"),
                iam.ServicePrincipal("edgelambda.amazonaws.com"),
            ),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                # A replica makes the group where it runs, in any region: under the same name, or
                # under the function's, as before functions could name one.
                resources=[
                    cdk.Stack.of(self).format_arn(
                        service="logs",
                        region="*",
                        resource="log-group",
                        resource_name=name,
                        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                    )
                    for name in (f"{log_group.log_group_name}:*", f"/aws/lambda/{EDGE_REGION}.*")
                ],
            )
        )
        return role
