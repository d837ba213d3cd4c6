"""`python -m benchmarks [NAME ...]`: runs benchmarks, prints tables, keeps JSON in .cache/bench."""

import argparse
import importlib
from pathlib import Path

from rich.console import Console

from benchmarks.report import Report, print_report, to_json
from ops.terminal import unwrapped

# Each is a module here with `run() -> Report`.
BENCHMARKS = (
    "embedding_quality",
    "prediction_quality",
    "find_similar",
    "synth",
    "engine",
    "decision_policies",
    "event_processor",
    "rollout",
    "retraining",
)
RESULTS = Path(__file__).parents[1] / ".cache" / "bench"


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="print JSON, for a program to read")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {unknown[0]!r}; allowed: {', '.join(BENCHMARKS)}")
    console = unwrapped(Console(stderr=arguments.json))
    reports: list[Report] = []
    for name in arguments.names or BENCHMARKS:
        with console.status(f"measuring {name}"):
            report: Report = importlib.import_module(f"benchmarks.{name}").run()
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{name}.json").write_text(to_json(report) + "\n")
        print_report(report, console)
        reports.append(report)
    if arguments.json:
        print("[" + ",\n".join(to_json(report) for report in reports) + "]")
    return 1 if any(report.missed for report in reports) else 0


if __name__ == "__main__":
    raise SystemExit(main())
