"""Windows of a canary or a baseline, minute by minute."""

from datetime import UTC, datetime, timedelta

from kindred.rollout.window import Latency, Window

FAST = (25.0, 40.0, 60.0)
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def minute(at, requests=100, *, errors=0, refused=0, latency=FAST):
    """The `at`-th minute since noon; `latency` are p50, p90 and p99 in ms."""
    return Window(
        started_at=NOON + timedelta(minutes=at),
        invocations=requests,
        client_errors=refused,
        server_errors=errors,
        latency=None if latency is None else Latency(**dict(zip(NAMES, latency, strict=True))),
    )


NAMES = ("p50_ms", "p90_ms", "p99_ms")


def minutes(count, requests=100, **each):
    return [minute(at, requests, **each) for at in range(count)]


def with_errors(*errors, requests=100):
    """One minute for each number of errors."""
    return [minute(at, requests, errors=count) for at, count in enumerate(errors)]
