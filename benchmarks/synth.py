"""How long is a synthesis with policy, beside one without, and beside a plain application?"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Report, run_alone

ROOT = Path(__file__).parents[1]
CDK = ROOT / "node_modules" / ".bin" / "cdk"
ENVIRONMENT = "prod"
ROUNDS = 3
MOST_TIMES_SLOWER = 2.5
MOST_SECONDS = 30.0

# Name, subject, whether the library's own validation runs.
VARIANTS = (
    ("plain, as large, no policy", "plain", False),
    ("ours, no policy", "bare", False),
    ("ours, with policy", "nag", True),
    ("ours, Validate alone", "bare", True),
    ("ours, cdk-nag alone", "nag", False),
)


def run() -> Report:
    """The command line's whole time, fresh processes, variants in turn; medians of seconds."""
    if not CDK.exists():
        return Report(name="synth", title="Synthesis", skipped="no CDK command line: npm ci")
    times: dict[str, list[float]] = {name: [] for name, _, _ in VARIANTS}
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "first"
        # Warms the file cache, and says how large the plain application has to be.
        _synthesize(["bare"], first, validate=True)
        resources = _resources(first)
        for turn in range(ROUNDS):
            for name, subject, validate in VARIANTS:
                arguments = [subject, str(resources)] if subject == "plain" else [subject]
                output = Path(folder) / f"{subject}-{validate}-{turn}"
                times[name].append(_synthesize(arguments, output, validate=validate))
                assert _resources(output) == resources, name
    medians = {name: statistics.median(values) for name, values in times.items()}
    without, policy = medians["ours, no policy"], medians["ours, with policy"]
    return Report(
        name="synth",
        title=f"Synthesis of `{ENVIRONMENT}` ({resources} resources) by the command line",
        rows=tuple(
            {
                "application": name,
                "seconds": round(seconds, 2),
                "times ours without": round(seconds / without, 2),
            }
            for name, seconds in medians.items()
        ),
        notes=(f"median of {ROUNDS} runs each, interleaved; Node {_node()}",),
        missed=_missed(without, policy),
    )


def _missed(without: float, policy: float) -> tuple[str, ...]:
    marks = []
    if policy / without > MOST_TIMES_SLOWER:
        marks.append(f"policy: {policy / without:.2f} times as long, allowed {MOST_TIMES_SLOWER}")
    if policy > MOST_SECONDS:
        marks.append(f"with policy: {policy:.1f} s, allowed {MOST_SECONDS:.0f} s")
    return tuple(marks)


def _synthesize(subject: list[str], output: Path, *, validate: bool) -> float:
    application = f"{sys.executable} -m benchmarks.synth_subjects {' '.join(subject)}"
    began = time.perf_counter()
    subprocess.run(
        [CDK, "synth", "--quiet", "--no-lookups", "--app", application, "--output", output],
        cwd=ROOT,
        env={
            "JSII_NODE": "ops/synthesis-node",
            **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
            "CDK_VALIDATION": str(validate).lower(),
            "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        },
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - began


def _resources(assembly: Path) -> int:
    return sum(
        len(json.loads(path.read_text("utf-8"))["Resources"])
        for path in assembly.rglob("*.template.json")
    )


def _node() -> str:
    return subprocess.run(
        ["node", "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    run_alone(run)
