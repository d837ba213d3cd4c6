"""Judges a canary by what it and the baseline did since the last confirmed shift of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from kindred.rollout.compared_errors import compare_client_errors, compare_server_errors
from kindred.rollout.compared_latency import compare_latency
from kindred.rollout.finding import Finding
from kindred.rollout.objectives import examine_errors, examine_latency
from kindred.rollout.pairs import pairs_of
from kindred.rollout.thresholds import Thresholds
from kindred.rollout.window import Window

Verdict = Literal["pass", "fail", "inconclusive", "no_data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`reasons` are for people, the gravest first; `figures` are what they were taken from."""

    verdict: Verdict
    reasons: tuple[str, ...]
    figures: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "figures": dict(self.figures),
        }


def judgement_from_json(found: Mapping[str, Any]) -> Judgement:
    """Raises KeyError or ValueError for what `to_json` did not write."""
    verdict = found["verdict"]
    if verdict not in get_args(Verdict):
        raise ValueError(f"verdict: given {verdict!r}, allowed {', '.join(get_args(Verdict))}")
    return Judgement(
        verdict=cast("Verdict", verdict),
        reasons=tuple(found["reasons"]),
        figures={name: float(value) for name, value in found["figures"].items()},
    )


def judge(
    baseline: Sequence[Window] | None, canary: Sequence[Window], *, thresholds: Thresholds
) -> Judgement:
    """Windows are all whole minutes since two periods after the confirmed shift, oldest first.

    Only the canary is on trial. It fails as soon as any minute since the shift gave cause, so a
    missed look changes nothing; later minutes do not acquit it. It passes once it has served
    `promotion_requests`, its newest minute was measured, and nothing looks suspicious. The
    baseline is None where there is none, and not compared in minutes in which it served nothing.
    """
    served = [window for window in canary if window.invocations]
    findings = _findings(baseline or (), served, thresholds)
    requests = sum(window.invocations for window in served)
    figures = {"minutes": float(len(canary)), "requests": float(requests)}
    for finding in findings:
        figures |= finding.figures
    failures = tuple(each.failure for each in findings if each.failure)
    if failures:
        return Judgement(verdict="fail", reasons=failures, figures=figures)
    if unmeasured := _unmeasured(canary):
        return Judgement(verdict="no_data", reasons=(unmeasured,), figures=figures)
    doubts = [each.suspicion for each in findings if each.suspicion]
    if requests < thresholds.promotion_requests:
        needed = f"{thresholds.promotion_requests:,} are needed to go on"
        doubts.append(f"{requests:,} requests since the shift, {needed}")
    if doubts:
        return Judgement(verdict="inconclusive", reasons=tuple(doubts), figures=figures)
    comforts = tuple(each.comfort for each in findings if each.comfort)
    return Judgement(verdict="pass", reasons=comforts, figures=figures)


def _findings(
    baseline: Sequence[Window], served: Sequence[Window], thresholds: Thresholds
) -> list[Finding]:
    if not served:
        return []
    findings = [examine_errors(served, thresholds), examine_latency(served, thresholds)]
    pairs = pairs_of(baseline, served)
    if not pairs:
        return [*findings, Finding(comfort="the baseline served nothing to compare with")]
    return [
        *findings,
        compare_server_errors(pairs, thresholds),
        compare_client_errors(pairs, thresholds),
        *compare_latency(pairs, thresholds),
    ]


def _unmeasured(canary: Sequence[Window]) -> str | None:
    """Why the newest minute says nothing."""
    if not canary:
        return "no whole minute has been measured since the shift"
    if not canary[-1].invocations:
        silent = next((n for n, w in enumerate(reversed(canary)) if w.invocations), len(canary))
        minutes = "minute" if silent == 1 else f"{silent} minutes"
        return f"no request to the canary was reported in the last {minutes}"
    if canary[-1].latency is None:
        return "no latency of the canary was reported in the last minute"
    return None
