"""Which call of AWS a Task state of Step Functions makes, and when a job of it has ended. Pure.

Source: AWS Step Functions Developer Guide, "Integrating other services", "Run a job (.sync)".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

INTEGRATION = "arn:aws:states:::"
FUNCTION = "arn:aws:lambda:"
SYNC = ".sync"


class UnknownIntegration(Exception):
    """A Task's resource that nobody taught the laptop to call."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service by botocore's name; errors begin with the prefix, and those of no name of their own
    have the name of `other`."""

    client: str
    prefix: str
    other: str


# AWS's own integrations, whose errors are named by its first Java SDK.
OPTIMIZED: Final = {
    "athena": Service("athena", "Athena", "AmazonAthenaException"),
    "dynamodb": Service("dynamodb", "DynamoDB", "AmazonDynamoDBException"),
    "events": Service("events", "EventBridge", "AmazonEventBridgeException"),
    "lambda": Service("lambda", "Lambda", "AWSLambdaException"),
    "sagemaker": Service("sagemaker", "SageMaker", "AmazonSageMakerException"),
    "sns": Service("sns", "SNS", "AmazonSNSException"),
    "sqs": Service("sqs", "SQS", "AmazonSQSException"),
}
# `aws-sdk:<name>`, whose errors are named by the second.
SDK: Final = {
    "athena": Service("athena", "Athena", "AthenaException"),
    "cloudwatch": Service("cloudwatch", "CloudWatch", "CloudWatchException"),
    "dynamodb": Service("dynamodb", "DynamoDb", "DynamoDbException"),
    "eventbridge": Service("events", "EventBridge", "EventBridgeException"),
    "glue": Service("glue", "Glue", "GlueException"),
    "lambda": Service("lambda", "Lambda", "LambdaException"),
    "s3": Service("s3", "S3", "S3Exception"),
    "sagemaker": Service("sagemaker", "SageMaker", "SageMakerException"),
    "sagemakerruntime": Service(
        "sagemaker-runtime", "SageMakerRuntime", "SageMakerRuntimeException"
    ),
    "sns": Service("sns", "Sns", "SnsException"),
    "sqs": Service("sqs", "Sqs", "SqsException"),
    "ssm": Service("ssm", "Ssm", "SsmException"),
}


@dataclass(frozen=True, slots=True)
class Job:
    """How Step Functions follows a job to its end: `name` is the member that names it, in the call
    or in its answer; `status` leads to its state."""

    describe: str
    stop: str
    name: str
    status: tuple[str, ...]
    succeeded: frozenset[str]
    failed: frozenset[str]
    # The rule by which AWS hears of the end; the machine's role needs rights on it.
    rule: str | None = None

    def outcome(self, description: Mapping[str, Any]) -> bool | None:
        """Whether it succeeded; None while it goes on."""
        state: Any = description
        for step in self.status:
            state = state[step]
        return True if state in self.succeeded else False if state in self.failed else None


_ENDED_BADLY = frozenset({"Failed", "Stopped"})
JOBS: Final = {
    ("sagemaker", "CreateTrainingJob"): Job(
        "DescribeTrainingJob",
        "StopTrainingJob",
        "TrainingJobName",
        ("TrainingJobStatus",),
        frozenset({"Completed"}),
        _ENDED_BADLY,
        "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    ),
    ("sagemaker", "CreateTransformJob"): Job(
        "DescribeTransformJob",
        "StopTransformJob",
        "TransformJobName",
        ("TransformJobStatus",),
        frozenset({"Completed"}),
        _ENDED_BADLY,
        "StepFunctionsGetEventsForSageMakerTransformJobsRule",
    ),
    ("athena", "StartQueryExecution"): Job(
        "GetQueryExecution",
        "StopQueryExecution",
        "QueryExecutionId",
        ("QueryExecution", "Status", "State"),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED", "CANCELLED"}),
    ),
}


@dataclass(frozen=True, slots=True)
class TaskCall:
    """What one Task state asks of AWS."""

    service: Service
    operation: str
    optimized: bool = True
    # A function that the resource names gets the whole input, and its answer is the result.
    function: str | None = None
    job: Job | None = None


def read_resource(resource: str) -> TaskCall:
    """The call that a Task's `Resource` names. Raises UnknownIntegration."""
    if resource.startswith(FUNCTION):
        return TaskCall(OPTIMIZED["lambda"], "Invoke", function=resource)
    if not resource.startswith(INTEGRATION):
        raise UnknownIntegration(f"{resource} is not carried on the laptop")
    name = resource.removeprefix(INTEGRATION).removesuffix(SYNC)
    optimized = not name.startswith("aws-sdk:")
    service_name, _, action = name.removeprefix("aws-sdk:").partition(":")
    service = (OPTIMIZED if optimized else SDK).get(service_name)
    operation = action[:1].upper() + action[1:]
    job = JOBS.get((service_name, operation)) if resource.endswith(SYNC) else None
    unknown_job = resource.endswith(SYNC) and job is None
    # What is left of another pattern, `.waitForTaskToken` or `.sync:2`, stands behind a dot.
    if service is None or not action or "." in action or unknown_job:
        raise UnknownIntegration(f"{resource} is not carried on the laptop")
    return TaskCall(service, operation, optimized=optimized, job=job)


def error_name(service: Service, code: str, *, modelled: bool) -> str:
    """The error that Retry and Catch see: its own name if the service's model knows it."""
    if not modelled:
        return f"{service.prefix}.{service.other}"
    name = code.rpartition("#")[2]
    return f"{service.prefix}.{name.removesuffix('Exception')}Exception"
