"""Lambda functions in processes of their own, with what AWS gives them and nothing of the host's.

The emulator runs Python functions under its own interpreter, with its own environment; waits 50 ms
for output that may not come; and ends a process whose handler raised. Functions here start from
nothing but their template's environment, and stay warm whatever their handler does.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.core.responses import new_uuid
from ministack.services import lambda_svc

from .function_code import code_folder
from .function_environments import lease, tell_waiting
from .function_logs import log_group, write_logs
from .function_process import FunctionProcess, Outcome
from .resource_handlers import after_each_change
from .role_sessions import RoleSession, role_session
from .tracing import Trace, current, daemon, new_trace, tell

Function = dict[str, Any]

LONGEST_START_SECONDS = 60.0


class FunctionWorker(lambda_runtime.Worker):  # type: ignore[misc]
    """One execution environment of one version of a function, in the emulator's pool."""

    def __init__(self, func_name: str, config: Function, code_zip: bytes) -> None:
        super().__init__(func_name, config, code_zip)
        self.log_stream = _log_stream(config)
        # Replaced by newer code while it works: it ends when it is done.
        self.retired = False
        self._running: FunctionProcess | None = None
        # Its handler is imported.
        self.is_ready = False

    def run(self, event: Any, request_id: str, arn: str) -> Outcome:
        """Invoke, after starting a process when there is none. AWS's words for what goes wrong."""
        with self._lock:
            started = ""
            if self._running is not None and not self._running.alive:
                # It ended while it was idle: no call was under way, and none is told.
                self.end()
            if self._running is None:
                self._running = self._start()
                start = self._running.await_start(seconds=LONGEST_START_SECONDS)
                if start.error:
                    self.end()
                    return start
                started = start.output
                self.is_ready = True
                tell_waiting()
            timeout = float(self.config.get("Timeout", 3))
            caller, trace = _traces(self.config)
            request = {
                "event": event,
                "request_id": request_id,
                "arn": arn,
                "deadline": time.time() + timeout,
                "trace_id": trace.header,
            }
            invoked = time.time()
            outcome = self._running.invoke(request, timeout=timeout)
            tell(
                trace,
                parent=caller,
                name=self.func_name,
                started=invoked,
                origin="AWS::Lambda::Function",
                error=outcome.error is not None,
            )
            if outcome.error and outcome.error["errorType"] in ENDED:
                self.end()
            return Outcome(started + outcome.output, outcome.result, outcome.error)

    def end(self) -> None:
        running, self._running = self._running, None
        self.is_ready = False
        if running:
            running.end()

    def _start(self) -> FunctionProcess:
        scratch = Path(os.environ["TMPDIR"]) / "functions"
        folder = code_folder(self.code_zip, under=scratch / "code")
        home = scratch / self.func_name
        home.mkdir(parents=True, exist_ok=True)
        environment = _environment(self.config, folder, self.log_stream, home)
        return FunctionProcess(os.environ["KINDRED_FUNCTION_PYTHON"], folder, environment)


def _traces(config: Function) -> tuple[Trace | None, Trace]:
    """The caller's, if it has one, and the invocation's own part of it."""
    caller = current.get()
    if caller is not None:
        return caller, caller.child()
    mode = (config.get("TracingConfig") or {}).get("Mode")
    return None, new_trace(sampled=mode == "Active")


# Errors after which there is no process any more.
ENDED = frozenset({"Sandbox.Timedout", "Runtime.ExitError"})


def install() -> None:
    """Take the place of the emulator's own way to run Python functions."""
    choose, kill, release = (
        lambda_runtime._worker_class_for,
        lambda_runtime.kill_workers,
        lambda_runtime.release_worker,
    )
    others, log = lambda_svc._execute_function_warm, lambda_svc._emit_lambda_logs

    def chosen(config: Function) -> Any:
        return FunctionWorker if _is_ours(config) else choose(config)

    def killed(workers: list[Any]) -> None:
        kill([worker for worker in workers if not isinstance(worker, FunctionWorker)])
        for worker in workers:
            if isinstance(worker, FunctionWorker):
                worker.retired = True
                if not worker.in_use:
                    worker.end()

    def released(worker: Any) -> None:
        release(worker)
        if isinstance(worker, FunctionWorker) and worker.retired:
            worker.end()
        tell_waiting()

    def execute(function: Function, event: Any, request_id: str) -> dict[str, Any]:
        ours = _is_ours(function.get("config") or function)
        return (
            _execute(function, event, request_id) if ours else others(function, event, request_id)
        )

    def logged(function: Function, *rest: Any, **named: Any) -> None:
        if not _is_ours(function.get("config") or function):
            log(function, *rest, **named)

    lambda_runtime._worker_class_for = chosen
    lambda_runtime.kill_workers = killed
    lambda_runtime.release_worker = lambda_svc.release_worker = released
    lambda_runtime.execution_credentials = _credentials
    lambda_svc._execute_function_warm = execute
    lambda_svc._emit_lambda_logs = logged
    after_each_change("AWS::Lambda::Function", _reserve)


def _reserve(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    """The emulator's CloudFormation leaves out how many may run at once."""
    reserved = properties.get("ReservedConcurrentExecutions")
    lambda_svc._functions[name]["concurrency"] = None if reserved is None else int(reserved)
    return {}


def _is_ours(config: Function) -> bool:
    """Layers and other languages are left to the emulator."""
    return str(config.get("Runtime", "")).startswith("python") and not config.get("Layers")


def _execute(function: Function, event: Any, request_id: str) -> dict[str, Any]:
    """The emulator's shape of a result."""
    config = function.get("config") or function
    lambda_svc._ensure_reaper_thread()
    worker = lease(config, function["code_zip"])
    if worker is None:
        message = f"Rate Exceeded: no environment of {config['FunctionName']} is free"
        throttled: dict[str, Any] = lambda_svc._throttle_response(
            "ReservedFunctionConcurrentInvocationLimitExceeded", message
        )
        return throttled
    started = time.monotonic()
    try:
        outcome = worker.run(event, request_id, config["FunctionArn"])
    finally:
        lambda_runtime.release_worker(worker)
    duration_ms = round((time.monotonic() - started) * 1000)
    write_logs(
        config, function_session(config), worker.log_stream, request_id, outcome.output, duration_ms
    )
    if outcome.error is None:
        return {"body": outcome.result, "log": outcome.output}
    body = {**outcome.error, "requestId": request_id}
    return {"body": body, "error": True, "log": outcome.output}


def function_session(config: Function) -> RoleSession:
    """The session that every process of the function gets."""
    return role_session(str(config["Role"]), str(config["FunctionName"]))


def _credentials(config: Function) -> dict[str, str]:
    session = function_session(config)
    return {
        "AWS_ACCESS_KEY_ID": session.access_key_id,
        "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
        "AWS_SESSION_TOKEN": session.session_token,
    }


def _log_stream(config: Function) -> str:
    day, version = time.strftime("%Y/%m/%d", time.gmtime()), config.get("Version", "$LATEST")
    return f"{day}/[{version}]{new_uuid().replace('-', '')}"


def _environment(config: Function, folder: Path, log_stream: str, home: Path) -> dict[str, str]:
    """The template's variables, AWS's own, and the way to this platform."""
    _, region = lambda_runtime._account_region_from_function_config(config)
    declared = (config.get("Environment") or {}).get("Variables", {})
    authority = os.environ["KINDRED_AUTHORITY_FILE"]
    traces = ":".join(map(str, daemon()))
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        "AWS_ENDPOINT_URL_XRAY": f"http://{traces}",
        "AWS_XRAY_DAEMON_ADDRESS": traces,
        "AWS_CA_BUNDLE": authority,
        "SSL_CERT_FILE": authority,
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "HOME": str(home),
        "TMPDIR": str(home),
        "OPENBLAS_NUM_THREADS": "1",
        **{name: str(value) for name, value in declared.items()},
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_VERSION": str(config.get("Version", "$LATEST")),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_LOG_GROUP_NAME": log_group(config),
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "LAMBDA_TASK_ROOT": str(folder),
        "_HANDLER": config["Handler"],
        # So that `down` finds what an emulator that was killed left behind.
        "KINDRED_LOCAL_STATE": os.environ["KINDRED_LOCAL_STATE"],
        **_credentials(config),
    }
