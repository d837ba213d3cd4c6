"""Make every function's asset once, so that a synthesis afterwards needs no network."""

from __future__ import annotations

import sys
from pathlib import Path

from kindred_constructs.function_bundle import Architecture, FunctionBundle, WheelsMissing

_SOURCES = Path(__file__).parents[1] / "lambda_src"
# AWS's, and the laptop's.
_ARCHITECTURES: tuple[Architecture, ...] = ("arm64", "host")


def main() -> int:
    assets = sorted(lock.parent.name for lock in _SOURCES.glob("*/requirements.txt"))
    try:
        for asset in assets:
            for architecture in _ARCHITECTURES:
                FunctionBundle(asset, architecture).folder()
    except WheelsMissing as missing:
        print(missing, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
