"""Is the canary wrong more often than the baseline, or does it refuse what that accepts?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter

from kindred.rollout.checks import Checks
from kindred.rollout.exact_tests import fisher_tail
from kindred.rollout.finding import Finding, percent
from kindred.rollout.pairs import Pair
from kindred.rollout.thresholds import Thresholds
from kindred.rollout.window import Window

# For all looks of one step together: alpha / (t (t + 1)) at the t-th sum to alpha.
P_VALUE = 0.0002
SUSPICIOUS_P_VALUE = 0.02


def compare_server_errors(pairs: Sequence[Pair], thresholds: Thresholds) -> Finding:
    """Whether the canary's error rate is `error_rate_difference` above the baseline's."""
    margin = thresholds.error_rate_difference
    return _compare("error", attrgetter("server_errors"), pairs, margin, thresholds)


def compare_client_errors(pairs: Sequence[Pair], thresholds: Thresholds) -> Finding:
    """Whether the canary answers 4XX where the baseline does not.

    A request refused without cause is an error too, so as many may be as `error_rate` says.
    """
    margin = thresholds.error_rate
    return _compare("client_error", attrgetter("client_errors"), pairs, margin, thresholds)


def _compare(
    kind: str,
    count: Callable[[Window], int],
    pairs: Sequence[Pair],
    margin: float,
    thresholds: Thresholds,
) -> Finding:
    checks = Checks(
        needed=thresholds.error_checks,
        of=thresholds.error_checks_of,
        minimum_requests=thresholds.minimum_requests,
    )
    bad = requests = other_bad = other_requests = 0
    p_value, is_lost = 1.0, False
    for look, (baseline, canary) in enumerate(pairs, start=1):
        now = min(count(canary), canary.invocations)
        bad, requests = bad + now, requests + canary.invocations
        other_bad += min(count(baseline), baseline.invocations)
        other_requests += baseline.invocations
        allowed = other_bad / other_requests + margin
        checks.add(canary.invocations, now, allowed * canary.invocations)
        is_above = checks.broken > 0 and bad > allowed * requests
        p_value = fisher_tail(bad, requests, other_bad, other_requests) if is_above else 1.0
        is_lost = checks.is_limit_broken and p_value < P_VALUE / (look * (look + 1))
        if is_lost:
            break
    rate, other_rate = bad / requests, other_bad / other_requests
    figures = {f"{kind}_rate": rate, f"baseline_{kind}_rate": other_rate}
    said = f"{kind.replace('_', ' ')} rate {percent(rate)} beside the baseline's "
    said += f"{percent(other_rate)}"
    above = f"{said} is more than {percent(margin)} of all requests higher (Fisher p {p_value:.2g})"
    if is_lost:
        return Finding(failure=above, figures=figures)
    if p_value < SUSPICIOUS_P_VALUE:
        return Finding(suspicion=above, figures=figures)
    return Finding(comfort=f"{said} is not clearly higher", figures=figures)
