"""The functions of an environment, by the folder of `lambda_src` that they come from."""

from __future__ import annotations

from kindred_constructs.function_asset import FunctionAsset
from kindred_constructs.function_bundle import FunctionBundle
from kindred_constructs.python_function import FunctionRules
from stacks.environment import Environment
from stacks.network_stack import NetworkStack


def function_asset(name: str, environment: Environment, network: NetworkStack) -> FunctionAsset:
    return FunctionAsset(
        bundle=FunctionBundle(name, environment.image.architecture),
        rules=FunctionRules(
            environment_name=environment.slug,
            arm=environment.image.is_arm,
            log_key=network.telemetry_key,
        ),
        alarms=network.alarms,
    )
