"""The tasks of a state machine: each tries again what may pass, and tells what does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from kindred_constructs.announcement_topic import AnnouncementTopic
from kindred_constructs.retraining_functions import RetrainingFunctions
from kindred_constructs.training_job import TrainingJob

# What AWS calls transient, by the service that a task calls. A failed training job is not: its name
# is taken, and what ended it is in its log.
_LAMBDA = (
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
)
_ATHENA = ("Athena.InternalServerException", "Athena.TooManyRequestsException")
_SAGEMAKER = ("SageMaker.AmazonSageMakerException",)
_SNS = ("SNS.InternalErrorException", "SNS.KmsThrottlingException", "SNS.ThrottledException")
_ERROR = "$.error"
Task = TypeVar(
    "Task",
    tasks.LambdaInvoke,
    tasks.AthenaStartQueryExecution,
    tasks.SnsPublish,
    sfn.CustomState,
)


class MachineTasks:
    """States of `scope`; what they take is granted to `role`."""

    def __init__(
        self,
        scope: Construct,
        *,
        functions: RetrainingFunctions,
        topic: AnnouncementTopic,
        role: iam.IRole,
        workgroup: str,
    ) -> None:
        self._scope = scope
        self._functions = functions
        self._topic = topic
        self._role = role
        self._workgroup = workgroup
        self._failure = self._tell_failure()

    def invoke(
        self, name: str, answer: str, *, on_failure: sfn.IChainable | None = None
    ) -> tasks.LambdaInvoke:
        """The function of this name, whose answer is kept below `$.<answer>`."""
        function = self._functions.of(name)
        function.grant_invoke(self._role)
        task = tasks.LambdaInvoke(
            self._scope,
            name,
            lambda_function=function.function,
            payload_response_only=True,
            retry_on_service_exceptions=False,
            result_path=f"$.{answer}",
        )
        return self._guarded(task, _LAMBDA, on_failure)

    def query(self, name: str) -> tasks.AthenaStartQueryExecution:
        task = tasks.AthenaStartQueryExecution(
            self._scope,
            name,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            query_string=sfn.JsonPath.string_at("$.plan.query"),
            client_request_token=sfn.JsonPath.string_at("$.plan.client_request_token"),
            work_group=self._workgroup,
            result_path=sfn.JsonPath.DISCARD,
            task_timeout=sfn.Timeout.duration(cdk.Duration.hours(1)),
        )
        return self._guarded(task, _ATHENA)

    def train(self, name: str, job: TrainingJob) -> sfn.CustomState:
        """The library's own task knows neither Spot nor checkpoints."""
        kept = ("TrainingJobName", "TrainingJobArn", "ModelArtifacts")
        task = sfn.CustomState(
            self._scope,
            name,
            state_json={
                "Type": "Task",
                "Resource": f"arn:{cdk.Aws.PARTITION}:states:::sagemaker:createTrainingJob.sync",
                "Parameters": job.parameters(),
                "ResultSelector": {f"{key}.$": f"$.{key}" for key in kept},
                "ResultPath": "$.training",
                "TimeoutSeconds": job.longest.to_seconds(),
            },
        )
        return self._guarded(task, _SAGEMAKER)

    def tell(self, name: str, answer: str, then: sfn.IChainable) -> sfn.IChainable:
        """Publishes the notice of an answer; what comes then comes even where nobody heard."""
        notice = f"$.{answer}.notice"
        task = self._publish(
            name,
            subject=sfn.JsonPath.string_at(f"{notice}.subject"),
            message=sfn.TaskInput.from_json_path_at(f"{notice}.message"),
        )
        return self._guarded(task, _SNS, then).next(then)

    def _tell_failure(self) -> sfn.IChainable:
        failed = sfn.Fail(
            self._scope,
            "Failed",
            error="RetrainingFailed",
            cause="What failed is in the notice, and in the input of this state",
        )
        # As it is: of what AWS says of an error, not every part is always there.
        words = sfn.JsonPath.format(
            "{}: {}",
            sfn.JsonPath.string_at("$.run_id"),
            sfn.JsonPath.json_to_string(sfn.JsonPath.object_at(_ERROR)),
        )
        task = self._publish(
            "TellFailure", subject="Retraining failed", message=sfn.TaskInput.from_text(words)
        )
        return self._guarded(task, _SNS, failed).next(failed)

    def _publish(self, name: str, *, subject: str, message: sfn.TaskInput) -> tasks.SnsPublish:
        return tasks.SnsPublish(
            self._scope,
            name,
            topic=self._topic,
            subject=subject,
            message=message,
            result_path=sfn.JsonPath.DISCARD,
        )

    def _guarded(
        self, task: Task, transient: Sequence[str], on_failure: sfn.IChainable | None = None
    ) -> Task:
        task.add_retry(
            errors=list(transient),
            interval=cdk.Duration.seconds(2),
            max_attempts=6,
            backoff_rate=2,
            max_delay=cdk.Duration.minutes(2),
            jitter_strategy=sfn.JitterType.FULL,
        )
        # What follows a notice goes on from its state as it was.
        task.add_catch(on_failure or self._failure, errors=["States.ALL"], result_path=_ERROR)
        return task
