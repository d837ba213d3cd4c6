"""What an event costs the function that counts it, beside how such functions are often written."""

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from botocore.config import Config
from botocore.session import get_session

from benchmarks.event_processor_peers import (
    answering_server,
    count_each_in_boto3,
    json_and_models,
    kinesis_records,
    pydantic_json,
    sums_of,
)
from benchmarks.report import Report, run_alone
from experiment_functions.stream_records import read
from kindred.experiments.counting import count_portion
from kindred.experiments.events import Counted, is_counted
from kindred_aws.experiment_ledger import ExperimentLedger

RECORDS, ROUNDS = 1_000, 31
WRITTEN, WRITE_ROUNDS = 100, 9
IMPORT_ROUNDS = 9
FASTER_THAN_PYDANTIC, FASTER_THAN_JSON, OF_THE_WRITES, OF_THE_IMPORT = 2.2, 4.5, 0.1, 0.65
OURS_IMPORTED = "import experiment_functions.process_events"
PEER_IMPORTED = "import boto3, pydantic, aws_lambda_powertools"
CLIENT = "create_client('dynamodb', region_name='us-east-1')"

Row = dict[str, str | float | int | None]


def run() -> Report:
    """Medians of CPU time; what is compared takes turns in one run."""
    decoding, writing, importing = _decoding(), _writing(), _importing()
    by_pydantic, by_json = (float(row["times ours"] or 0) for row in decoding[1:3])
    write_share = 1 / float(writing[1]["times ours"] or 1)
    import_share = 1 / float(importing[1]["times ours"] or 1)
    missed = {
        f"{by_pydantic:.2f} times faster than pydantic; the mark is {FASTER_THAN_PYDANTIC}": (
            by_pydantic < FASTER_THAN_PYDANTIC
        ),
        f"{by_json:.2f} times faster than json and models; the mark is {FASTER_THAN_JSON}": (
            by_json < FASTER_THAN_JSON
        ),
        f"{write_share:.3f} of a put and an update; the mark is {OF_THE_WRITES}": (
            write_share > OF_THE_WRITES
        ),
        f"{import_share:.2f} of the peer's import; the mark is {OF_THE_IMPORT}": (
            import_share > OF_THE_IMPORT
        ),
    }
    return Report(
        name="event_processor",
        title=f"event processor: {RECORDS} records from base64 to sums, a write, a cold import",
        rows=(*decoding, *writing, *importing),
        notes=(
            "decode: all give the same sums by experiment, variation and metric, each id once",
            "count: our exact counts of units beside those sums; no peer has them",
            f"write: {WRITTEN} events of {WRITTEN} units a call to a local server in a process of "
            "its own; ours reads and writes the units' states too",
            "import: in a fresh interpreter; a client is made with the first batch",
        ),
        missed=tuple(mark for mark, is_missed in missed.items() if is_missed),
    )


def _decoding() -> list[Row]:
    records = kinesis_records(RECORDS)
    subjects: dict[str, Callable[[], object]] = {
        "decode: ours": lambda: sums_of(event for _, event in read(records)[0]),
        "decode: pydantic validate_json": partial(pydantic_json, records),
        "decode: json and model": partial(json_and_models, records),
    }
    sums = [subject() for subject in subjects.values()]
    if any(each != sums[0] for each in sums):
        raise AssertionError("the peers do not compute the same sums")
    events = [e for _, e in read(records)[0] if is_counted(e)]
    subjects["count: ours"] = lambda: count_portion(events, {}, max_items=sys.maxsize)
    return _rows(subjects, rounds=ROUNDS, per=RECORDS)


def _writing() -> list[Row]:
    events = [
        e for _, e in read(kinesis_records(WRITTEN * WRITE_ROUNDS))[0] if isinstance(e, Counted)
    ]
    with answering_server() as url:
        ledger = ExperimentLedger(
            cast(Any, get_session()).create_client(
                "dynamodb",
                region_name="us-east-1",
                endpoint_url=url,
                aws_access_key_id="local",
                aws_secret_access_key="local",  # noqa: S106
                config=Config(parameter_validation=False),
            ),
            counters_table="counters",
            ledger_table="ledger",
            remember_events_days=90,
        )
        put_and_update = count_each_in_boto3(url)
        return _rows(
            {
                "write: ours": lambda: _count(ledger, events[:WRITTEN]),
                "write: put and update each": lambda: put_and_update(events[:WRITTEN]),
            },
            rounds=WRITE_ROUNDS,
            per=WRITTEN,
        )


def _count(ledger: ExperimentLedger, events: Sequence[Counted]) -> None:
    result = ledger.count(events, shard="00")
    if result.counted != len(events):
        raise AssertionError(f"{result.counted} of {len(events)} counted: {result.interrupted}")


def _importing() -> list[Row]:
    with_client = {
        "import and client: ours": f"{OURS_IMPORTED}\nimport botocore.session\n"
        f"botocore.session.get_session().{CLIENT}",
        "import and client: boto3, pydantic, Powertools": f"{PEER_IMPORTED}\n"
        "boto3.client('dynamodb', region_name='us-east-1')",
    }
    codes = {
        "import: ours": OURS_IMPORTED,
        "import: boto3, pydantic, Powertools": PEER_IMPORTED,
        **with_client,
    }
    seconds: dict[str, list[float]] = {name: [] for name in codes}
    for _ in range(IMPORT_ROUNDS):
        for name, code in codes.items():
            seconds[name].append(_import_seconds(code))
    names = list(codes)
    return [
        _row(
            name,
            f"{statistics.median(seconds[name]) * 1e3:.0f} ms",
            _ratio(seconds[name], seconds[names[n - n % 2]]),
        )
        for n, name in enumerate(names)
    ]


def _import_seconds(code: str) -> float:
    timed = (
        "import json, time\nbegan = time.process_time()\n"
        f"{code}\nprint(json.dumps(time.process_time() - began))"
    )
    done = subprocess.run([sys.executable, "-c", timed], capture_output=True, check=True, text=True)
    return float(json.loads(done.stdout))


def _rows(subjects: dict[str, Callable[[], object]], *, rounds: int, per: int) -> list[Row]:
    seconds: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            # Nobody pays for what the one before left behind, in the heap and in the caches.
            gc.collect()
            subject()
            began = time.process_time()
            subject()
            seconds[name].append(time.process_time() - began)
    return [
        _row(
            name,
            f"{statistics.median(each) / per * 1e6:.2f} us an event",
            _ratio(each, next(iter(seconds.values()))),
        )
        for name, each in seconds.items()
    ]


def _ratio(theirs: Sequence[float], ours: Sequence[float]) -> float:
    """The median over rounds: what else the machine did in a round slowed both."""
    return statistics.median(a / b for a, b in zip(theirs, ours, strict=True))


def _row(name: str, cpu: str, times: float) -> Row:
    return {"subject": name, "CPU": cpu, "times ours": round(times, 3)}


if __name__ == "__main__":
    run_alone(run)
