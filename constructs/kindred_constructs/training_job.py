"""The training job: what it runs, on what, and what its role may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from kindred_constructs.artefact_bucket import ArtefactBucket
from kindred_constructs.grants import allow
from kindred_constructs.model_endpoints import ModelEndpoints
from kindred_constructs.model_role import allow_everywhere, allow_job_logs
from kindred_constructs.training_bucket import MODELS, RETRAINING, TrainingBucket

# Printed by the container, once, as `recall_at_10=0.1234; baseline_recall_at_10=0.1111`.
METRICS = ("recall_at_10", "precision_at_10", "map", "baseline_recall_at_10")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingShape:
    """With `spot`, a job may wait as long again for an instance as it may run."""

    instance_type: str
    volume_gib: int
    max_hours: int
    spot: bool


class TrainingJob(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoints: ModelEndpoints,
        image: ecr_assets.DockerImageAsset,
        shape: TrainingShape,
        training: TrainingBucket,
        embeddings: ArtefactBucket,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._prefix = endpoints.prefix
        self._image = image
        self._shape = shape
        self._key = key
        # Beside the endpoints: neither is entered by anybody.
        self._vpc = {
            "Subnets": endpoints.subnet_ids,
            "SecurityGroupIds": [endpoints.security_group.security_group_id],
        }
        self.role = iam.Role(
            self,
            "Role",
            description="What training jobs run under",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
        )
        embeddings.grant_read_published(self.role)
        training.grant_read_below(self.role, RETRAINING)
        training.grant_write_below(self.role, RETRAINING, MODELS)
        image.repository.grant_pull(self.role)
        allow_job_logs(self.role, "TrainingJobs", prefix=endpoints.prefix)
        allow_everywhere(self.role)

    @property
    def longest(self) -> cdk.Duration:
        """Until it ends one way or the other."""
        return cdk.Duration.hours((2 if self._shape.spot else 1) * self._shape.max_hours + 1)

    def grant_run(self, grantee: iam.IGrantable) -> None:
        """What `createTrainingJob.sync` takes: start, watch by an event, stop, and tag."""
        stack = cdk.Stack.of(self)
        rule = stack.format_arn(
            service="events",
            resource="rule",
            resource_name="StepFunctionsGetEventsForSageMakerTrainingJobsRule",
        )
        job = stack.format_arn(
            service="sagemaker", resource="training-job", resource_name=f"{self._prefix}*"
        )
        allow(
            grantee,
            [job],
            *("sagemaker:AddTags", "sagemaker:CreateTrainingJob"),
            *("sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"),
        )
        allow(grantee, [rule], "events:DescribeRule", "events:PutRule", "events:PutTargets")
        allow(
            grantee,
            [self.role.role_arn],
            "iam:PassRole",
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )
        # For the volume of the instance, by which SageMaker encrypts it.
        allow(
            grantee,
            [self._key.key_arn],
            "kms:CreateGrant",
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )

    def parameters(self) -> dict[str, Any]:
        """Of `createTrainingJob`, by paths into the machine's state."""
        shape = self._shape
        hours = {"MaxRuntimeInSeconds": shape.max_hours * 3600}
        if shape.spot:
            hours["MaxWaitTimeInSeconds"] = 2 * shape.max_hours * 3600
        return {
            "TrainingJobName.$": "$.plan.training_job_name",
            "RoleArn": self.role.role_arn,
            "AlgorithmSpecification": {
                "TrainingImage": self._image.image_uri,
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": name, "Regex": rf"\b{name}=([0-9.eE+-]+)"} for name in METRICS
                ],
            },
            "HyperParameters": {"version.$": "$.plan.candidate_version"},
            "InputDataConfig": [
                _channel("interactions", "$.plan.interactions_uri"),
                _channel("embeddings", "$.plan.embeddings_uri"),
                _channel("serving", "$.plan.serving_uri"),
            ],
            "OutputDataConfig": {
                "S3OutputPath.$": "$.plan.output_uri",
                "KmsKeyId": self._key.key_arn,
            },
            "CheckpointConfig": {"S3Uri.$": "$.plan.checkpoint_uri"},
            "ResourceConfig": {
                "InstanceType": shape.instance_type,
                "InstanceCount": 1,
                "VolumeSizeInGB": shape.volume_gib,
                "VolumeKmsKeyId": self._key.key_arn,
            },
            "VpcConfig": self._vpc,
            # It needs nothing but its channels.
            "EnableNetworkIsolation": True,
            "EnableManagedSpotTraining": shape.spot,
            "StoppingCondition": hours,
        }


def _channel(name: str, path: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3DataDistributionType": "FullyReplicated",
                "S3Uri.$": path,
            }
        },
    }
