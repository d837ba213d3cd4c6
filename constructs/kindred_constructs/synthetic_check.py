"""Asks the API from outside at set times, and wakes somebody when it does not answer."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_synthetics as synthetics
from constructs import Construct

from kindred_constructs.grants import allow
from kindred_constructs.operator_alarm import OperatorAlarm, Severity

_SOURCES = Path(__file__).parents[2] / "lambda_src" / "synthetic_checks"
# The library's own list ends before it. It brings Python 3.11 and a browser, which nobody asks for.
_RUNTIME = synthetics.Runtime("syn-python-selenium-14.0", synthetics.RuntimeFamily.PYTHON)
# Below it, in the bucket of logs, lie the records of runs.
_PREFIX = "checks"
# One of each of the three requests is small; what is left is for a person who tries the key.
_RATE_PER_SECOND = 5


class SyntheticCheck(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: apigateway.RestApi,
        client_key: secretsmanager.ISecret,
        secret_key: kms.IKey,
        records: s3.IBucket,
        every_minutes: int,
    ) -> None:
        """`secret_key` encrypts `client_key`, which is in the address that SDKs read."""
        super().__init__(scope, construct_id)
        self._records = records
        key = self._own_key(api)
        self.canary = synthetics.Canary(
            self,
            "Resource",
            runtime=_RUNTIME,
            test=synthetics.Test.custom(
                code=synthetics.Code.from_asset(str(_SOURCES), exclude=["**/__pycache__"]),
                handler="check_api.handler",
            ),
            role=self._role(key, client_key, secret_key),
            schedule=synthetics.Schedule.rate(cdk.Duration.minutes(every_minutes)),
            timeout=cdk.Duration.seconds(50),
            environment_variables={
                "API_URL": api.url,
                "API_KEY_ID": key.key_id,
                "CLIENT_KEY_SECRET_ARN": client_key.secret_arn,
            },
            artifacts_bucket_location=synthetics.ArtifactsBucketLocation(
                bucket=records, prefix=_PREFIX
            ),
            # The service deletes what it made; the library's other way is a custom resource.
            provisioned_resource_cleanup=True,
        )
        self.alarm = self._alarm(every_minutes)

    def _own_key(self, api: apigateway.RestApi) -> apigateway.IApiKey:
        """Told from clients', and with a plan that no client's quota is part of."""
        plan = apigateway.UsagePlan(
            self,
            "Plan",
            description="The check from outside",
            throttle=apigateway.ThrottleSettings(
                rate_limit=_RATE_PER_SECOND, burst_limit=_RATE_PER_SECOND
            ),
            api_stages=[apigateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
        )
        key = apigateway.ApiKey(self, "Key", description="The check from outside")
        plan.add_api_key(key)
        return key

    def _role(
        self, key: apigateway.IApiKey, client_key: secretsmanager.ISecret, secret_key: kms.IKey
    ) -> iam.Role:
        """Of the function that Synthetics makes; ours, because it reads a key and a secret."""
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        stack = cdk.Stack.of(self)
        logs = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name="/aws/lambda/cwsyn-*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        # API Gateway's resources have no account.
        own_key = stack.format_arn(
            service="apigateway", account="", resource=f"/apikeys/{key.key_id}"
        )
        allow(role, [self._records.bucket_arn], "s3:GetBucketLocation")
        allow(role, [self._records.arn_for_objects(f"{_PREFIX}/*")], "s3:PutObject")
        allow(role, [logs], "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
        allow(role, [own_key], "apigateway:GET")
        allow(role, [client_key.secret_arn], "secretsmanager:GetSecretValue")
        # Synthetics looks for its bucket among all.
        allow(role, ["*"], "s3:ListAllMyBuckets")
        secret_key.grant(role, "kms:Decrypt")
        # Metrics have no resource but their namespace.
        allow(
            role,
            ["*"],
            "cloudwatch:PutMetricData",
            conditions={"StringEquals": {"cloudwatch:namespace": "CloudWatchSynthetics"}},
        )
        return role

    def _alarm(self, every_minutes: int) -> OperatorAlarm:
        """Two of three runs; a check that does not run at all says nothing good either."""
        return OperatorAlarm(
            self,
            "Failing",
            happened="The API did not answer a request from outside as promised, twice",
            runbook="check-from-outside",
            severity=Severity.CRITICAL,
            metric=self.canary.metric_success_percent(
                period=cdk.Duration.minutes(every_minutes), statistic="Average"
            ),
            threshold=100,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )
