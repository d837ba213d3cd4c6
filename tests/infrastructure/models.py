"""What rolls models out and what makes them, by the names of their roles."""

ROLLOUT = ("AdmitPackage", "BatchPredictions", "Deployments", "Inference", "Reconcile")
MACHINE = (
    *("PlanTrainingData", "CheckTrainingData", "EvaluateModel", "RegisterModel"),
    *("StageModel", "CheckStaging", "TestStaging", "SimulateExperiment", "RemoveStaging"),
    *("ApproveModel", "StartExperiment", "FollowExperiment", "RetireModel", "ArchiveModel"),
)
DAILY = ("FeedFeatures", "DetectDrift")
RETRAINING = (*MACHINE, *DAILY)
START = "SageMakerStack/Retraining/StartRetraining"
ENDPOINT_ROLE = "SageMakerStack/Endpoints/Role"
TRAINING_ROLE = "SageMakerStack/Retraining/Job/Role"
MACHINE_ROLE = "SageMakerStack/Retraining/Machine/Role"


def rollout(*names):
    return {f"SageMakerStack/Rollout/{name}/Role" for name in names}


def retraining(*names):
    return {f"SageMakerStack/Retraining/Functions/{name}/Role" for name in names}


CONTAINERS = {ENDPOINT_ROLE, TRAINING_ROLE}
FUNCTIONS = rollout(*ROLLOUT) | retraining(*RETRAINING) | {f"{START}/Role"}
# Who may put away a run that failed: schedules, and Lambda in the functions' name.
UNSCHEDULED = {
    *retraining(*DAILY),
    *rollout("AdmitPackage"),
    f"{START}/Role",
    *(f"SageMakerStack/Retraining/{name}Daily/Role" for name in DAILY),
    "SageMakerStack/Retraining/StartWeekly/Role",
}
# What has no resource-level permission in IAM, and who needs it none the less.
_RECONCILER = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
)
_LOGS_OF_A_MACHINE = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)
_CONTAINERS = (
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
_TRACES = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
EVERYWHERE = {
    action: roles
    for actions, roles in (
        (_RECONCILER, rollout("Reconcile")),
        (_LOGS_OF_A_MACHINE, {MACHINE_ROLE}),
        (_CONTAINERS, CONTAINERS),
        (_TRACES, FUNCTIONS | {MACHINE_ROLE}),
        (("sagemaker:ListModelPackages",), retraining("RetireModel")),
    )
    for action in actions
}
