import math

from hypothesis import given, settings
from hypothesis import strategies as st

from kindred.rollout.judge import judge, judgement_from_json
from kindred.rollout.thresholds import Thresholds
from tests.unit.rollout.minutes import minute

PLAIN = Thresholds()
REQUESTS = st.one_of(st.just(0), st.integers(1, 30), st.sampled_from([100, 300, 1_000]))


@st.composite
def some_minutes(draw, most=14):
    """Good, bad, silent and half-reported ones."""
    found = []
    for at in range(draw(st.integers(0, most))):
        requests = draw(REQUESTS)
        errors = draw(st.integers(0, min(requests, 8)))
        refused = draw(st.integers(0, min(requests - errors, 8)))
        ordered = sorted(draw(st.tuples(*[st.floats(1, 300)] * 3)))
        reported = requests > 0 and draw(st.integers(0, 9)) > 0
        found.append(
            minute(
                at, requests, errors=errors, refused=refused, latency=ordered if reported else None
            )
        )
    return found


@settings(max_examples=60, deadline=None)
@given(some_minutes(), some_minutes())
def test_a_failure_stays_one(baseline, canary):
    verdicts = [
        judge(baseline, canary[:end], thresholds=PLAIN).verdict for end in range(len(canary) + 1)
    ]

    if "fail" in verdicts:
        assert set(verdicts[verdicts.index("fail") :]) == {"fail"}


@settings(max_examples=60, deadline=None)
@given(some_minutes(), some_minutes())
def test_a_pass_has_been_measured_to_the_last_minute(baseline, canary):
    judgement = judge(baseline, canary, thresholds=PLAIN)

    if judgement.verdict == "pass":
        assert sum(window.invocations for window in canary) >= PLAIN.promotion_requests
        assert canary[-1].invocations > 0
        assert canary[-1].latency is not None


@settings(max_examples=60, deadline=None)
@given(some_minutes(), some_minutes())
def test_every_judgement_has_reasons_and_finite_figures(baseline, canary):
    judgement = judge(baseline, canary, thresholds=PLAIN)

    assert judgement.reasons
    assert all(math.isfinite(value) for value in judgement.figures.values())
    assert judgement_from_json(judgement.to_json()) == judgement


@settings(max_examples=60, deadline=None)
@given(some_minutes(), some_minutes(), st.data())
def test_one_error_more_never_helps(baseline, canary, data):
    order = ("pass", "inconclusive", "fail")
    served = [at for at, window in enumerate(canary) if window.invocations > window.server_errors]
    if not served:
        return
    worse = list(canary)
    at = data.draw(st.sampled_from(served))
    kept = canary[at]
    fields = {name: getattr(kept, name) for name in kept.__dataclass_fields__}
    worse[at] = type(kept)(**{**fields, "server_errors": kept.server_errors + 1})
    before = judge(baseline, canary, thresholds=PLAIN).verdict
    after = judge(baseline, worse, thresholds=PLAIN).verdict

    if before != "no_data" and after != "no_data":
        assert order.index(after) >= order.index(before)
