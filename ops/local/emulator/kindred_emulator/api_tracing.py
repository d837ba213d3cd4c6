"""API Gateway begins traces: it decides by sampling rules, tells what is behind it, and X-Ray."""

from __future__ import annotations

import random
import time
from fnmatch import fnmatchcase
from typing import Any

from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners

from .tracing import Trace, current, new_trace, tell

HEADER = "x-amzn-trace-id"
Properties = dict[str, Any]

_rules: dict[str, Properties] = {}
# Of each rule, the second it is in and how many requests of that second it has taken.
_taken: dict[str, tuple[int, int]] = {}


def install() -> None:
    """Keep sampling rules, and be the first to see a request that an API answers."""
    provisioners._RESOURCE_HANDLERS["AWS::XRay::SamplingRule"] = {
        "create": _create,
        "update": _update,
        "delete": lambda physical_id, _: _rules.pop(physical_id, None),
    }
    execute = apigateway_v1._execute_in_scope

    async def traced(
        request: Properties, api_id: str, stage_name: str, method: str, path: str,
        headers: Any, *rest: Any,
    ) -> Any:  # fmt: skip
        stage = apigateway_v1._stages_v1.get(api_id, {}).get(stage_name) or {}
        if str(stage.get("tracingEnabled")).lower() != "true":
            return await execute(request, api_id, stage_name, method, path, headers, *rest)
        name = f"{apigateway_v1._rest_apis[api_id]['name']}/{stage_name}"
        trace, started = new_trace(sampled=is_sampled(name)), time.time()
        kept = {key: value for key, value in headers.items() if key.lower() != HEADER}
        request["headers"] = {**kept, HEADER: trace.header}
        token = current.set(trace)
        try:
            answer = await execute(
                request, api_id, stage_name, method, path, request["headers"], *rest
            )
        finally:
            current.reset(token)
        _tell(trace, name, started, method, path, answer)
        return answer

    apigateway_v1._execute_in_scope = traced


def is_sampled(name: str) -> bool:
    """By the first rule for this API and stage; without one, all: AWS's own rule takes few."""
    for physical_id, rule in sorted(_rules.items(), key=lambda item: int(item[1]["Priority"])):
        if fnmatchcase(name, rule["ServiceName"]):
            return _takes(physical_id, rule)
    return True


def _takes(physical_id: str, rule: Properties) -> bool:
    now = int(time.time())
    second, count = _taken.get(physical_id, (now, 0))
    count = count if second == now else 0
    if count < int(rule["ReservoirSize"]):
        _taken[physical_id] = (now, count + 1)
        return True
    return random.random() < float(rule["FixedRate"])  # noqa: S311


def _tell(trace: Trace, name: str, started: float, method: str, path: str, answer: Any) -> None:
    status = answer[0] if isinstance(answer, tuple) else 400
    tell(
        trace,
        parent=None,
        name=name,
        started=started,
        origin="AWS::ApiGateway::Stage",
        http={"request": {"method": method, "url": path}, "response": {"status": status}},
        error=400 <= status < 500,
        fault=status >= 500,
    )


def _create(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, str]]:
    physical_id = f"{stack}-{logical_id}"
    _rules[physical_id] = properties["SamplingRule"]
    return physical_id, {"RuleARN": f"arn:aws:xray:us-east-1:000000000000:rule/{physical_id}"}


def _update(
    physical_id: str, _: Properties, properties: Properties, *__: Any
) -> tuple[str, dict[str, str]]:
    _rules[physical_id] = properties["SamplingRule"]
    return physical_id, {"RuleARN": f"arn:aws:xray:us-east-1:000000000000:rule/{physical_id}"}
