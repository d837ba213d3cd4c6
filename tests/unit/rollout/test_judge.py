import pytest

from kindred.rollout.judge import Judgement, judge, judgement_from_json
from kindred.rollout.thresholds import Thresholds
from tests.unit.rollout.minutes import minute, minutes, with_errors

SLOW = (75.0, 120.0, 180.0)
TAIL = (25.0, 40.0, 143.0)  # p99 alone
SLOWER = (37.5, 60.0, 90.0)
PLAIN = Thresholds()


def judged(canary, baseline=None, **thresholds):
    return judge(baseline, canary, thresholds=Thresholds(**thresholds))


@pytest.mark.parametrize(
    ("canary", "baseline", "verdict", "words"),
    [
        pytest.param(
            minutes(3), None, "pass", "error rate 0 % over 300 requests is within 1 %",
            id="300 requests without an error pass",
        ),
        pytest.param(
            minutes(2), None, "inconclusive", "200 requests since the shift, 300 are needed",
            id="200 requests are too few to go on",
        ),
        pytest.param(
            with_errors(3, 4), None, "fail", "error rate 3.5 % is above 1 % in 2 of the last 2",
            id="three times the error rate fails",
        ),
        pytest.param(
            with_errors(0, 0, 0, 2), None, "inconclusive", "in 1 of the last 2 minutes",
            id="one minute above the limit is a suspicion",
        ),
        pytest.param(
            with_errors(2, 2), None, "inconclusive", "in 2 of the last 2 minutes",
            id="the seed's two checks running are not evidence enough",
        ),
        pytest.param(
            with_errors(2, 2, 2, 2, 1, 0, 0), None, "inconclusive",
            "error rate 1.29 % over 700 requests is above 1 %",
            id="more errors than allowed do not pass, however the last minutes were",
        ),
        pytest.param(
            with_errors(0, 0, 0, 6), None, "fail",
            "6 of 100 requests in one minute ended in a server error, where 1 % may",
            id="a shocking minute fails at once",
        ),
        pytest.param(
            minutes(3, latency=TAIL), None, "inconclusive", "above 100 ms in 3 of the last 3",
            id="a slow tail of 100 requests in three minutes is not yet evidence",
        ),
        pytest.param(
            minutes(3, latency=SLOW), None, "fail",
            "p99 latency of up to 180 ms is above 100 ms in 3 of the last 3 minutes",
            id="three slow minutes fail",
        ),
        pytest.param(
            minutes(2, 1_000, latency=SLOW), None, "inconclusive", "in 2 of the last 2 minutes",
            id="two slow minutes may be a cold start",
        ),
        pytest.param(
            minutes(4, 100, latency=TAIL), None, "fail", "up to 143 ms is above 100 ms in 3 of",
            id="a slow tail alone fails",
        ),
        pytest.param(
            minutes(6, latency=SLOWER), minutes(6, 900), "fail",
            "p50 latency 37.5 ms beside the baseline's 25 ms is above 31.2 ms in 3 of the last 3",
            id="half as slow again as the baseline fails within the objective",
        ),
        pytest.param(
            minutes(6, latency=SLOWER), None, "pass", "the baseline served nothing",
            id="without a baseline the objective alone counts",
        ),
        pytest.param(
            minutes(4, latency=SLOWER), minutes(4, 900), "inconclusive", "above 31.2 ms",
            id="four minutes cannot be ranked",
        ),
        pytest.param(
            minutes(6, latency=(1.0, 2.0, 5.0)), minutes(6, 900, latency=(0.3, 0.6, 1.0)), "pass",
            "p99 latency 5 ms beside the baseline's 1 ms is within 6 ms",
            id="a few milliseconds harm nobody, however many times the baseline's",
        ),
        pytest.param(
            minutes(6, 100, latency=(25.0, 40.0, 95.0)),
            minutes(6, 900, latency=(25.0, 38.0, 40.0)),
            "fail",
            "p99 latency 95 ms beside the baseline's 40 ms is above 80 ms",
            id="twice the baseline's p99 fails within the objective",
        ),
        pytest.param(
            minutes(6, refused=8), minutes(6, 900, refused=18), "fail",
            "client error rate 8 % beside the baseline's 2 %",
            id="a canary that refuses what production accepts fails",
        ),
        pytest.param(
            minutes(6, refused=8), minutes(6, 900, refused=72), "pass",
            "client error rate 8 % beside the baseline's 8 % is not clearly higher",
            id="callers' mistakes are not the canary's",
        ),
        pytest.param(
            minutes(2, refused=6), minutes(2, 900, refused=18), "inconclusive",
            "client error rate 6 %",
            id="a few refusals more may be chance",
        ),
    ],
)  # fmt: skip
def test_a_canary_is_judged_by_what_it_did(canary, baseline, verdict, words):
    judgement = judged(canary, baseline)

    assert judgement.verdict == verdict, judgement.reasons
    assert any(words in reason for reason in judgement.reasons), judgement.reasons


def test_a_loose_objective_does_not_excuse_being_worse_than_the_baseline():
    canary, baseline = minutes(6, errors=9), minutes(6, 900, errors=9)

    judgement = judged(canary, baseline, error_rate=0.2)

    assert judgement.verdict == "fail"
    assert judgement.reasons[0].startswith("error rate 9 % beside the baseline's 1 %")


def test_evidence_waits_for_as_many_checks_as_are_asked_for():
    evident = with_errors(5, 0, 5)

    assert judged(evident).verdict == "inconclusive"
    assert judged(evident, error_checks=1).verdict == "fail"
    assert judged(evident, error_checks=2, error_checks_of=3).verdict == "fail"


def test_a_slow_minute_is_suspicious_until_as_many_checks_as_can_fail_are_past_it():
    canary = [*minutes(6), minute(6, latency=TAIL), *(minute(at) for at in (7, 8, 9))]

    verdicts = [judged(canary[:end]).verdict for end in range(6, 11)]

    assert verdicts == ["pass", "inconclusive", "inconclusive", "inconclusive", "pass"]


def test_a_canary_that_slows_down_later_is_not_excused_by_how_fast_it_was():
    canary = [*minutes(30), *(minute(at, latency=SLOWER) for at in range(30, 40))]

    assert judged(canary, minutes(40, 900)).verdict == "fail"


def test_the_reasons_of_a_failure_name_every_limit_that_was_broken():
    worse = [minute(at, errors=5, latency=SLOW) for at in range(6)]

    judgement = judged(worse, minutes(6, 900))

    assert [reason.split(" latency")[0].split(" rate")[0] for reason in judgement.reasons] == [
        "error", "p99", "p50", "p90", "p99",
    ]  # fmt: skip


def test_the_figures_are_what_the_reasons_were_taken_from():
    figures = judged(with_errors(1, 0, 0), minutes(3, 900, errors=9)).figures

    assert figures["requests"] == 300
    assert figures["error_rate"] == pytest.approx(1 / 300)
    assert figures["baseline_error_rate"] == pytest.approx(0.01)
    assert figures["p99_latency_ms"] == figures["baseline_p99_latency_ms"] == 60


def test_a_judgement_survives_json():
    judgement = judged(minutes(6, latency=SLOWER), minutes(6, 900))

    assert judgement_from_json(judgement.to_json()) == judgement


def test_a_verdict_that_nobody_gives_is_refused():
    with pytest.raises(ValueError, match="verdict: given 'fine', allowed pass, fail"):
        judgement_from_json({**Judgement(verdict="pass", reasons=()).to_json(), "verdict": "fine"})
