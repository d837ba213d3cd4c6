"""Who tells of traces and metrics, and what that takes."""

from __future__ import annotations

from stacks.environment import Environment

SERVICES = ("Similarity", "Prediction", "Experiments")
COLLECTOR = "TelemetryStack/Collector"
TRACING = {("xray:PutTelemetryRecords", "*"), ("xray:PutTraceSegments", "*")}


def everywhere(environment: Environment) -> dict[str, set[str]]:
    """What has no resource-level permission in IAM, and who needs it none the less."""
    tasks = {f"ApiStack/{name}/Task/Resource/TaskRole" for name in SERVICES}
    traces = {action: tasks for action, _ in TRACING}
    if not environment.telemetry.prometheus:
        return traces
    discovery = ("DescribeServices", "DescribeTaskDefinition", "DescribeTasks")
    lists = ("ListServices", "ListTasks")
    return {
        **traces,
        "ecr:GetAuthorizationToken": {f"{COLLECTOR}/Task/ExecutionRole"},
        **{f"ecs:{each}": {f"{COLLECTOR}/Task/TaskRole"} for each in (*discovery, *lists)},
    }
