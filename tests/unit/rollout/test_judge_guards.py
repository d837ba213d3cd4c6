"""Ways in which a canary's judge fails, and its guards."""

import pytest

from kindred.rollout.judge import judge
from kindred.rollout.thresholds import Thresholds
from tests.unit.rollout.minutes import minute, minutes, with_errors


def judged(canary, baseline=None, **thresholds):
    return judge(baseline, canary, thresholds=Thresholds(**thresholds))


@pytest.mark.parametrize(
    ("canary", "reason"),
    [
        pytest.param([], "no whole minute has been measured since the shift", id="nothing at all"),
        pytest.param(
            minutes(4, 0, latency=None),
            "no request to the canary was reported in the last 4 minutes",
            id="minutes without requests",
        ),
        pytest.param(
            [*minutes(9), minute(9, 0, latency=None)],
            "no request to the canary was reported in the last minute",
            id="nothing any more after nine good minutes",
        ),
        pytest.param(
            [*minutes(9), minute(9, latency=None)],
            "no latency of the canary was reported in the last minute",
            id="requests without latencies",
        ),
        pytest.param(
            minutes(10, latency=None),
            "no latency of the canary was reported in the last minute",
            id="never a latency",
        ),
    ],
)
def test_no_data_is_never_judged_healthy(canary, reason):
    judgement = judged(canary, minutes(10, 900))

    assert judgement.verdict == "no_data"
    assert judgement.reasons == (reason,)


def test_missing_data_does_not_acquit_a_canary_that_failed():
    silent = [minute(at, 0, latency=None) for at in range(4, 9)]

    assert judged([*with_errors(0, 0, 5, 6), *silent]).verdict == "fail"


@pytest.mark.parametrize(
    "canary",
    [
        pytest.param(with_errors(1, requests=1), id="one request, one error"),
        pytest.param(with_errors(1, 1, requests=1), id="two requests, two errors"),
        pytest.param(with_errors(2, 1, requests=3), id="three errors of six requests"),
        pytest.param(with_errors(1, 1, 0, 1, requests=20), id="3 of 80 requests"),
        pytest.param(
            minutes(5, 1, latency=(400, 400, 400)), id="five slow requests in five minutes"
        ),
        pytest.param(minutes(6, 2, refused=1), id="every other of a dozen requests refused"),
    ],
)
def test_a_few_requests_roll_nothing_back(canary):
    assert judged(canary, minutes(len(canary), 20)).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("canary", "words"),
    [
        pytest.param(
            with_errors(20, requests=20), "20 of 20 requests in one minute ended", id="at once"
        ),
        pytest.param(with_errors(5, requests=5), "5 of 5 requests in one minute", id="of five"),
        pytest.param(
            with_errors(2, 2, 2, requests=2),
            "6 of 6 requests in 3 minutes ended in a server error, where 1 % may",
            id="two requests a minute, and every one fails",
        ),
        pytest.param(
            with_errors(0, 0, 0, 0, 5, requests=20),
            "5 of 20 requests in one minute ended in a server error",
            id="a shocking minute after good ones",
        ),
        pytest.param(
            minutes(15, 20, latency=(75, 120, 180)),
            "above 100 ms in 3 of the last 3 checks (15 minutes)",
            id="slow requests add up over minutes",
        ),
        pytest.param(
            with_errors(*(1 for _ in range(10)), requests=20),
            "error rate 5 % is above 1 % in 2 of the last 2 checks (10 minutes)",
            id="errors add up over minutes",
        ),
    ],
)
def test_evidence_of_thin_traffic_adds_up(canary, words):
    judgement = judged(canary)

    assert judgement.verdict == "fail"
    assert words in judgement.reasons[0]


def test_thin_traffic_passes_once_enough_requests_were_good():
    assert judged(minutes(14, 20)).verdict == "inconclusive"
    assert judged(minutes(15, 20)).verdict == "pass"


@pytest.mark.parametrize(
    "baseline",
    [
        pytest.param(None, id="none"),
        pytest.param([], id="no window of it"),
        pytest.param(minutes(6, 0, latency=None), id="idle at 100 % canary"),
    ],
)
def test_an_idle_baseline_is_not_compared(baseline):
    canary = minutes(6, refused=8, latency=(70.0, 80.0, 95.0))

    judgement = judged(canary, baseline)

    assert judgement.verdict == "pass"
    assert "the baseline served nothing to compare with" in judgement.reasons
    assert not any(name.startswith("baseline") for name in judgement.figures)


def test_only_minutes_in_which_both_served_are_compared():
    """The baseline was slow and empty before it was fast; the canary is slower than it since."""
    canary = minutes(12, latency=(50.0, 60.0, 70.0))
    early = [minute(at, 5, latency=(50.0, 60.0, 70.0)) for at in range(5)]
    idle = [minute(5, 0, latency=None)]
    late = [minute(at, 900) for at in range(6, 12)]

    judgement = judged(canary, early + idle + late)

    assert judgement.verdict == "fail"
    assert "p50 latency 50 ms beside the baseline's 25 ms" in judgement.reasons[0]


def test_a_failing_baseline_excuses_no_canary():
    assert judged(with_errors(9, 9), minutes(2, 900, errors=81)).verdict == "fail"


def test_errors_reported_before_their_invocations_are_borne():
    hasty = minutes(6, 4, errors=6, refused=7)

    assert judged(hasty, minutes(6, 3, errors=9, refused=9)).verdict == "fail"
    assert judged(minutes(6), minutes(6, 900, errors=0, refused=1_000)).verdict == "pass"


def test_evidence_is_a_number_that_a_table_keeps():
    """DynamoDB refuses what is nearer to zero than 1e-130, and what is above 1e126."""
    figures = judged(minutes(10, 1_000_000)).figures

    assert 1e-130 < figures["error_evidence"] < 1e126
    assert 1e-130 < figures["latency_evidence"] < 1e126


def test_millions_of_requests_are_judged_too():
    requests = 2_000_000
    good = minutes(10, requests, errors=8_000, refused=20_000)
    bad = minutes(10, requests, errors=8_000, refused=20_000, latency=(120.0, 130.0, 140.0))

    assert judged(good, minutes(10, requests, errors=8_000, refused=20_000)).verdict == "pass"
    assert judged(bad).verdict == "fail"
