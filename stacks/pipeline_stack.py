"""The pipeline that ends in this environment, with its repository of images and its projects."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_codeconnections as codeconnections
from constructs import Construct

from kindred_constructs.delivery_pipeline import DeliveryPipeline, Promotion, Repository
from kindred_constructs.house_rules import removal_policy
from kindred_constructs.pipeline_notices import PipelineNotices
from kindred_constructs.pipeline_project import Workplace
from kindred_constructs.pipeline_steps import BuildSteps, StageSteps
from kindred_constructs.pipeline_stores import PipelineArtefacts, ReleaseRepository
from kindred_constructs.telemetry_key import TelemetryKey
from stacks.data_stack import DataStack
from stacks.delivery import DeliveryStage, Pipeline
from stacks.environment import Environment

# Of a first deployment, in which a database and an index are made; others take the canary's time.
_HOURS_BESIDE_THE_CANARY = 3
_LONGEST_BUILD_HOURS = 36


class PipelineStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        pipeline: Pipeline,
        data: DataStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            scope, construct_id, termination_protection=environment.production, **kwargs
        )
        kept = removal_policy(production=environment.production)
        self._key = TelemetryKey(
            self,
            "Key",
            description="Encrypts images, artefacts, notices and logs of the pipeline",
            removal_policy=kept,
        )
        images = ReleaseRepository(self, "Images", key=self._key, removal=kept)
        artefacts = PipelineArtefacts(self, "Artefacts", key=self._key, access_logs=data.logs)
        workplace = Workplace(artefacts=artefacts, key=self._key)
        connection = self._connection(environment)
        self.delivery = DeliveryPipeline(
            self,
            "Delivery",
            repository=Repository(
                name=pipeline.repository,
                branch=pipeline.branch,
                connection_arn=connection.attr_connection_arn,
            ),
            promotions=[_promotion(stage) for stage in pipeline.stages],
            workplace=workplace,
            notices=PipelineNotices(self, "Notices", key=self._key, email=pipeline.email),
            build=BuildSteps(
                self,
                "Build",
                workplace=workplace,
                images=images,
                pipeline_name=environment.name,
            ),
            steps=self._steps(environment, pipeline, workplace, images),
        )
        cdk.CfnOutput(self, "ConnectionArn", value=connection.attr_connection_arn)
        cdk.CfnOutput(self, "PipelineName", value=self.delivery.pipeline.pipeline_name)
        cdk.CfnOutput(self, "ImagesRepositoryName", value=images.repository_name)

    def _steps(
        self,
        environment: Environment,
        pipeline: Pipeline,
        workplace: Workplace,
        images: ReleaseRepository,
    ) -> StageSteps:
        return StageSteps(
            self,
            "Steps",
            workplace=workplace,
            images=images,
            accounts=sorted({each.account or cdk.Aws.ACCOUNT_ID for each in pipeline.stages}),
            pipeline_name=environment.name,
            deploy_hours=_deploy_hours(environment),
        )

    def _connection(self, environment: Environment) -> codeconnections.CfnConnection:
        """Waits, once it is made, until somebody confirms it in the console of AWS."""
        return codeconnections.CfnConnection(
            self,
            "Connection",
            connection_name=f"kindred-{environment.slug}",
            provider_type="GitHub",
        )


def _deploy_hours(environment: Environment) -> int:
    minutes = environment.deployment.longest_minutes
    return min(_LONGEST_BUILD_HOURS, _HOURS_BESIDE_THE_CANARY + -(-minutes // 60))


def _promotion(stage: DeliveryStage) -> Promotion:
    return Promotion(
        environment=stage.environment,
        approval=stage.approval,
        end_to_end=stage.end_to_end,
        load_test=stage.load_test is not None,
        watched=stage.watch_minutes > 0,
        rollback=stage.rollback,
    )
