"""The functions of one asset, named as their handlers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.alarm_topics import AlarmTopics
from kindred_constructs.function_bundle import FunctionBundle
from kindred_constructs.python_function import FunctionNetwork, FunctionRules, PythonFunction


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionAsset:
    bundle: FunctionBundle
    rules: FunctionRules
    alarms: AlarmTopics

    def function(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Mapping[str, str],
        timeout_seconds: int = 10,
        memory_mib: int = 512,
        storage_mib: int = 512,
        network: FunctionNetwork | None = None,
    ) -> PythonFunction:
        """`SelectWinner` is handled by `select_winner.handler`; its errors raise an alarm."""
        function = PythonFunction(
            scope,
            name,
            bundle=self.bundle,
            handler=f"{_snake(name)}.handler",
            rules=self.rules,
            timeout=cdk.Duration.seconds(timeout_seconds),
            memory_mib=memory_mib,
            storage_mib=storage_mib,
            environment=environment,
            network=network,
        )
        self.alarms.hear(function.errors_alarm)
        return function


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")
