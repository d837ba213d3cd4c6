#!/usr/bin/env python3
"""CDK entry point: choose environments, assemble their stages, synthesize."""

from __future__ import annotations

import os
import sys

from stacks.acknowledgements import load_acknowledgements
from stacks.application import apply_policy, assemble, create_app, released_images, synthesize
from stacks.environment_file import load_environment
from stacks.yaml_file import InvalidFile


def main() -> int:
    try:
        # Not of the context, which there is only once there is an application.
        images = released_images(os.environ.get("KINDRED_RELEASE"))
        app = create_app(images=images)
        given = str(app.node.try_get_context("environment") or "dev")
        names = dict.fromkeys(name.strip() for name in given.split(","))
        environments = [load_environment(name) for name in names]
        acknowledgements = load_acknowledgements()
        platforms = assemble(app, environments, images=images)
    except InvalidFile as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    apply_policy(app, platforms, acknowledgements)
    found = synthesize(app)
    for finding in found:
        print(finding, file=sys.stderr)  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
