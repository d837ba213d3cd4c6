"""What a function prints reaches its log group, if its role may write there."""

from __future__ import annotations

import time
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs

from .role_sessions import RoleSession

Function = dict[str, Any]


def log_group(config: Function) -> str:
    """Where the function's output goes."""
    named = (config.get("LoggingConfig") or {}).get("LogGroup")
    return str(named or f"/aws/lambda/{config['FunctionName']}")


def write_logs(
    config: Function,
    session: RoleSession,
    stream: str,
    request_id: str,
    output: str,
    duration_ms: int,
) -> None:
    """The lines of one invocation between AWS's own."""
    group = log_group(config)
    account, region = get_account_id(), get_region()
    arn = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:{stream}"
    if session.refusal("logs:PutLogEvents", arn):
        # As on AWS: the function runs, and its output is lost.
        return
    if group not in cloudwatch_logs._log_groups:
        cloudwatch_logs._create_log_group({"logGroupName": group})
    if stream not in cloudwatch_logs._log_groups[group]["streams"]:
        cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    version = config.get("Version", "$LATEST")
    lines = [
        f"START RequestId: {request_id} Version: {version}",
        *output.splitlines(),
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms} ms\t"
        f"Billed Duration: {duration_ms} ms\tMemory Size: {config.get('MemorySize', 128)} MB",
    ]
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    cloudwatch_logs._put_log_events(
        {"logGroupName": group, "logStreamName": stream, "logEvents": events}
    )
