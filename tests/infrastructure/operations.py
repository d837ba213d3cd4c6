"""Who reports, checks and puts logs away, and what that takes."""

from __future__ import annotations

from stacks.environment import Environment

REPORTING = "OperationsStack/Reporting"
EXPERIMENTS_REPORTER = f"{REPORTING}/ReportExperiments/Role"
CHECK = "OperationsStack/Check/Role"
EXPORTER = "OperationsStack/LogExports/ExportLogs/Role"
# The last one where there is a budget.
REPORTS = ("SummarizeDay", "ReportExperiments", "ReportCosts")
# Of failed runs, in the names of schedules and of functions.
UNSCHEDULED = {f"{REPORTING}/{name}{part}/Role" for name in REPORTS for part in ("", "Schedule")}


def everywhere(environment: Environment) -> dict[str, set[str]]:
    """What has no resource-level permission in IAM, and who needs it none the less."""
    summary, experiments, costs = (f"{REPORTING}/{name}/Role" for name in REPORTS)
    askers = {summary, costs} if environment.budgets else set()
    exporters = {EXPORTER} if environment.logs.export else set()
    check = {CHECK} if environment.checks else set()
    traced = {summary, experiments} | askers | exporters
    found = {
        "ce:GetCostAndUsage": askers,
        "cloudwatch:DescribeAlarmHistory": {summary},
        "cloudwatch:GetMetricData": {summary} | askers,
        "cloudwatch:PutMetricData": check,
        "logs:DescribeExportTasks": exporters,
        "logs:DescribeLogGroups": exporters,
        "s3:ListAllMyBuckets": check,
        "xray:PutTelemetryRecords": traced,
        "xray:PutTraceSegments": traced,
    }
    return {action: roles for action, roles in found.items() if roles}
