import io
import json

import pytest
from aws_lambda_powertools import Logger
from opentelemetry import trace

from kindred_service.request_sampling import RequestSampling, read_sampling, sample_requests
from kindred_service.settings import InvalidSettings
from kindred_service.tracing import parent_of

SAMPLING = RequestSampling(percent=10, slow_ms=500)


def ids(count):
    return [f"request-{number}" for number in range(count)]


def test_a_share_of_requests_is_taken():
    taken = sum(SAMPLING.takes(each) for each in ids(20_000))

    assert 0.09 < taken / 20_000 < 0.11


@pytest.mark.parametrize(("percent", "taken"), [(0, 0), (100, 500)])
def test_none_and_all_are_shares_too(percent, taken):
    sampling = RequestSampling(percent=percent, slow_ms=500)

    assert sum(sampling.takes(each) for each in ids(500)) == taken


def test_every_service_takes_the_same_requests_and_a_larger_share_has_the_smaller():
    wide = RequestSampling(percent=50, slow_ms=500)

    assert {each for each in ids(1_000) if SAMPLING.takes(each)} < {
        each for each in ids(1_000) if wide.takes(each)
    }


@pytest.fixture
def logged(request):
    """What a logger writes of requests and of anything else, as (correlation id, fields)."""
    stream = io.StringIO()
    # Loggers of one name share what they write to.
    logger = Logger(service=request.node.name, stream=stream)
    sample_requests({"LOG_SAMPLE_PERCENT": "10", "LOG_SLOW_MS": "500"}, logger)

    def log(message, correlation_id="request-1", **fields):
        logger.thread_safe_append_keys(correlation_id=correlation_id)
        logger.info(message, **fields)
        lines = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.seek(0)
        stream.truncate()
        return lines

    return log


def left_out():
    return next(each for each in ids(1_000) if not SAMPLING.takes(each))


def test_a_usual_request_leaves_a_line_that_says_for_how_many_it_stands(logged):
    taken = next(each for each in ids(1_000) if SAMPLING.takes(each))

    [line] = logged("request", taken, status=200, latency_ms=3.0)
    assert line["sample_percent"] == 10
    assert logged("request", left_out(), status=200, latency_ms=3.0) == []


@pytest.mark.parametrize(("sampled", "lines"), [(True, 1), (False, 0)])
def test_a_request_that_is_traced_leaves_its_line(logged, sampled, lines):
    header = f"Root=1-5759e988-bd862e3fe1be46a994272793;Parent={'5' * 16};Sampled={sampled:d}"
    with trace.use_span(trace.get_current_span(parent_of(header))):
        left = logged("request", left_out(), status=200, latency_ms=3.0)

    assert len(left) == lines
    # It stands for itself alone.
    assert not any("sample_percent" in each for each in left)


@pytest.mark.parametrize(
    ("status", "latency_ms"),
    [
        pytest.param(500, 3.0, id="failed here"),
        pytest.param(404, 3.0, id="refused"),
        pytest.param(200, 500.0, id="slow"),
    ],
)
def test_what_failed_or_was_slow_always_leaves_its_line(logged, status, latency_ms):
    [line] = logged("request", left_out(), status=status, latency_ms=latency_ms)

    # It stands for itself alone.
    assert "sample_percent" not in line


def test_no_other_line_is_left_out(logged):
    assert logged("experiment changed", left_out())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_SAMPLE_PERCENT", "101"),
        ("LOG_SAMPLE_PERCENT", "-1"),
        ("LOG_SAMPLE_PERCENT", "a few"),
        ("LOG_SLOW_MS", "nan"),
    ],
)
def test_a_share_that_is_none_is_refused_with_what_is_allowed(name, value):
    with pytest.raises(InvalidSettings, match=f"{name}: given '{value}', allowed 0 to"):
        read_sampling({name: value})


def test_without_a_word_every_request_leaves_its_line():
    assert read_sampling({}).percent == 100
