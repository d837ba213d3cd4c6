"""Models: how a new one takes over an endpoint, and how the next one is made."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.announcement_topic import AnnouncementTopic
from kindred_constructs.function_api import FunctionApi
from kindred_constructs.function_schedule import EVERY_MINUTE, FunctionSchedule, weekly
from kindred_constructs.model_endpoints import ModelEndpoints
from kindred_constructs.model_images import ModelImages
from kindred_constructs.retraining import Retraining
from kindred_constructs.retraining_functions import RetrainingParts, RetrainingRules
from kindred_constructs.rollout_events import RolloutEvents, SageMakerEvents
from kindred_constructs.rollout_functions import RolloutFunctions, RolloutPace, RolloutParts
from kindred_constructs.training_job import TrainingShape
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.function_assets import function_asset
from stacks.network_stack import NetworkStack
from stacks.streaming_stack import StreamingStack


class SageMakerStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._network = network
        self._data = data
        self._streaming = streaming
        self._endpoints = ModelEndpoints(
            self,
            "Endpoints",
            prefix=f"kindred-{environment.slug}-",
            names=environment.rollout.endpoints,
            vpc=network.vpc,
            subnets=network.task_subnets,
            training=data.training,
            key=data.key,
            log_key=network.telemetry_key,
        )
        self._events = RolloutEvents(
            self, "Events", name=f"kindred-{environment.slug}", key=data.key
        )
        self._rollout = self._add_rollout()
        self._wake()
        self._tell()
        self._add_api()
        self._add_retraining()

    @property
    def serving_endpoint(self) -> str:
        """What `/inference` asks, by SageMaker's name."""
        return self._rollout.serving_endpoint

    def _add_rollout(self) -> RolloutFunctions:
        data, sizes = self._data, self._environment.sizes.endpoints
        return RolloutFunctions(
            self,
            "Rollout",
            asset=function_asset("rollout_functions", self._environment, self._network),
            parts=RolloutParts(
                endpoints=self._endpoints,
                tables=data.rollouts,
                packages=data.packages,
                training=data.training,
                events=self._events,
                pseudonyms=data.pseudonyms,
            ),
            pace=RolloutPace(
                minute_seconds=self._environment.rollout.minute_seconds,
                p99_latency_ms=self._environment.rollout.p99_latency_ms,
                instance_type=sizes.instance_type,
                initial_instances=sizes.initial_instances,
            ),
        )

    def _wake(self) -> None:
        """The reconciler each minute and when an endpoint changes; admission when a model may."""
        prefix = self._endpoints.prefix
        FunctionSchedule(
            self,
            "ReconcileEachMinute",
            function=self._rollout.reconcile,
            expression=EVERY_MINUTE,
            key=self._data.key,
            dead_letters=None,
        )
        SageMakerEvents(
            self,
            "EndpointChanges",
            detail_type="SageMaker Endpoint State Change",
            detail={"EndpointName": [f"{prefix}{name}" for name in self._endpoints.names]},
            function=self._rollout.reconcile,
            dead_letters=None,
        )
        SageMakerEvents(
            self,
            "Approvals",
            detail_type="SageMaker Model Package State Change",
            detail={
                "ModelPackageGroupName": [self._data.packages.name],
                "ModelApprovalStatus": ["Approved"],
            },
            function=self._rollout.admit_package,
            dead_letters=self._streaming.unscheduled,
        )

    def _tell(self) -> None:
        data, email = self._data, self._environment.alarms.email
        topic = AnnouncementTopic(self, "Rollouts", key=data.key, email=email)
        self._events.tell("Transitions", topic=topic, key=data.key)
        self._events.tell(
            "FailedRollbacks",
            topic=self._network.alarms.critical,
            key=self._network.telemetry_key,
            to=["ROLLBACK_FAILED"],
        )
        cdk.CfnOutput(self, "RolloutTopicArn", value=topic.topic_arn)

    def _add_api(self) -> None:
        throttle, rollout = self._environment.sizes.api, self._rollout
        api = FunctionApi(
            self,
            "Api",
            name=self.stack_name,
            description="Kindred: rollouts of models, and what a model answers",
            users=self._data.users,
            log_key=self._network.telemetry_key,
            rate_per_second=throttle.rate_per_second,
            burst=throttle.burst,
        )
        self.rest_api = api.api
        api.add_people_route("POST", "/deployments", rollout.deployments, takes_body=True)
        for method, path in (
            ("GET", "/deployments"),
            ("GET", "/deployments/{deployment_id}"),
            # Going back in a hurry takes no body: what one says is only the reason.
            *(
                ("POST", f"/deployments/{{deployment_id}}/{verb}")
                for verb in ("complete", "cancel", "rollback", "pause", "resume")
            ),
        ):
            api.add_people_route(method, path, rollout.deployments)
        api.add_people_route(
            "POST", "/batch-predictions", rollout.batch_predictions, takes_body=True
        )
        api.add_people_route("GET", "/batch-predictions/{job_id}", rollout.batch_predictions)
        api.add_program_route("POST", "/inference", rollout.inference, takes_body=True)
        key = api.add_partner(
            "Default",
            rate_per_second=throttle.rate_per_second,
            burst=throttle.burst,
            daily_quota=throttle.daily_quota,
        )
        tables = self._data.rollouts
        for name, value in {
            "RolloutApiUrl": api.api.url,
            "RolloutApiKeyId": key.key_id,
            "ReconcileFunctionName": rollout.reconcile.function.function_name,
            "DeploymentsTableName": tables.deployments.table_name,
            "EndpointsTableName": tables.endpoints.table_name,
            "ModelPackageGroupName": self._data.packages.name,
            "ServingEndpointName": rollout.serving_endpoint,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def _add_retraining(self) -> None:
        data, given, sizes = self._data, self._environment.retraining, self._environment.sizes
        images = ModelImages(self, "Images")
        images.inference.repository.grant_pull(self._endpoints.role)
        retraining = Retraining(
            self,
            "Retraining",
            asset=function_asset("retraining_functions", self._environment, self._network),
            parts=RetrainingParts(
                endpoints=self._endpoints,
                images=images,
                training=data.training,
                embeddings=data.stores.embeddings,
                archive=self._streaming.archive,
                features=data.features,
                packages=data.packages,
                runs=data.retraining,
                experiments=data.stores.tables,
            ),
            rules=RetrainingRules(
                staging_instance_type=sizes.endpoints.instance_type,
                minimum_interactions=given.minimum_interactions,
                maximum_interactions=given.maximum_interactions,
                watch_hours=given.watch_hours,
                retire_after_days=given.retire_after_days,
                minute_seconds=self._environment.rollout.minute_seconds,
            ),
            shape=TrainingShape(**sizes.training.model_dump(), spot=given.spot),
            weekly=weekly(given.starts_on, given.starts_at),
            cool_down_hours=given.cool_down_hours,
            key=data.key,
            unstarted=self._streaming.unscheduled,
            email=self._environment.alarms.email,
        )
        functions = retraining.functions
        for name, value in {
            "RetrainingStateMachineArn": retraining.machine.machine.state_machine_arn,
            "RetrainingTopicArn": retraining.topic.topic_arn,
            "InferenceImageUri": images.inference.image_uri,
            "RetrainingTableName": data.retraining.runs.table_name,
            "FeatureGroupName": data.features.name,
            "StartRetrainingFunctionName": retraining.start.function.function_name,
            "DetectDriftFunctionName": functions.detect_drift.function.function_name,
            "FeedFeaturesFunctionName": functions.feed_features.function.function_name,
        }.items():
            cdk.CfnOutput(self, name, value=value)
