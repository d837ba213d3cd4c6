"""The summary of a day: what was asked, how it was answered, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kindred.reporting.report import Report, change, report, table

_REQUESTS = "request_count"


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyFigure:
    """One line: a metric of a service, by CloudWatch's statistic of the whole day."""

    label: str
    service: str
    metric: str
    statistic: str
    unit: str = ""
    decimals: int = 0


def _of_service(service: str, shown: str) -> tuple[DailyFigure, ...]:
    return (
        DailyFigure(
            label=f"{shown}: requests",
            service=service,
            metric=_REQUESTS,
            statistic="Sum",
        ),
        *(
            DailyFigure(
                label=f"{shown}: {kind}, mean of minutes",
                service=service,
                metric=f"error_rate_{kind}",
                statistic="Average",
                unit=" %",
                decimals=2,
            )
            for kind in ("4xx", "5xx")
        ),
    )


def _latency(label: str, service: str, metric: str) -> tuple[DailyFigure, ...]:
    return tuple(
        DailyFigure(
            label=f"{label}, {statistic}",
            service=service,
            metric=metric,
            statistic=statistic,
            unit=" ms",
            decimals=1,
        )
        for statistic in ("p50", "p99")
    )


FIGURES: tuple[DailyFigure, ...] = (
    *_of_service("similarity_service", "Similarity"),
    *_latency("Similarity: search", "similarity_service", "similarity_search_latency"),
    DailyFigure(
        label="Similarity: vectors not computed",
        service="similarity_service",
        metric="embedding_cache_hit_rate",
        statistic="Average",
        unit=" %",
        decimals=1,
    ),
    *_of_service("prediction_service", "Prediction"),
    *_latency("Prediction: answer", "prediction_service", "prediction_latency"),
    *_of_service("experiments_service", "Experiments"),
    DailyFigure(
        label="Revenue a request",
        service="similarity_service",
        metric="revenue_per_request",
        statistic="Average",
        unit=" $",
        decimals=4,
    ),
    DailyFigure(
        label="Satisfaction, 1 to 5",
        service="similarity_service",
        metric="user_satisfaction_score",
        statistic="Average",
        decimals=2,
    ),
)
REQUESTS: tuple[DailyFigure, ...] = tuple(each for each in FIGURES if each.metric == _REQUESTS)

Values = Mapping[DailyFigure, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCosts:
    """What a day cost, as far as Cost Explorer knows it: `day` is earlier than the report's."""

    day: date
    usd: float
    requests: float

    @property
    def usd_per_million_requests(self) -> float | None:
        return 1e6 * self.usd / self.requests if self.requests else None


def daily_summary(
    environment: str,
    day: date,
    *,
    values: Values,
    week_before: Values,
    alarms: Mapping[str, int],
    costs: DayCosts | None,
) -> Report:
    """`alarms` is how often each began that day; figures stand beside those of a week before."""
    began = sum(alarms.values())
    headline = f"{began} alarm{'' if began == 1 else 's'}" if began else "no alarms"
    return report(
        f"Kindred {environment}: {day}: {headline}",
        [
            f"{environment}, {day.isoformat()} (UTC). In brackets: against the same day a week "
            "before.",
            table(_rows(values, week_before)) or "Nothing was measured.",
            _alarm_words(alarms),
            _cost_words(costs),
        ],
    )


def _rows(values: Values, week_before: Values) -> Sequence[Sequence[str]]:
    rows = []
    for figure in FIGURES:
        now = values.get(figure)
        if now is None:
            continue
        moved = change(now, week_before.get(figure))
        shown = f"{now:,.{figure.decimals}f}{figure.unit}"
        rows.append([figure.label, shown, f"({moved})" if moved else ""])
    return rows


def _alarm_words(alarms: Mapping[str, int]) -> str:
    if not alarms:
        return "No alarm began."
    lines = [
        f"  {count} x {name}"
        for name, count in sorted(alarms.items(), key=lambda each: (-each[1], each[0]))
    ]
    return "\n".join(["Alarms that began:", *lines])


def _cost_words(costs: DayCosts | None) -> str:
    if costs is None:
        return ""
    words = f"Costs of {costs.day.isoformat()}, as known by now: ${costs.usd:,.2f}"
    each = costs.usd_per_million_requests
    return f"{words}, ${each:,.2f} a million requests." if each is not None else f"{words}."
