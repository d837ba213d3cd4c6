#!/usr/bin/env python3
"""CDK entry point: choose environments, assemble their stages, synthesize."""

from __future__ import annotations

import sys

import aws_cdk as cdk

from stacks.environment_file import InvalidEnvironment, load_environment
from stacks.platform import Platform


def main() -> int:
    app = cdk.App()
    names = str(app.node.try_get_context("environment") or "dev").split(",")
    try:
        environments = [load_environment(name) for name in names]
    except InvalidEnvironment as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    for environment in environments:
        for region in environment.regions:
            Platform(app, environment=environment, region=region)
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
