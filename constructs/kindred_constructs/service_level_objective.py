"""What share of requests is to be good, and how fast the rest is being used up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLevelObjective:
    """`good_percent` of requests are to be good.

    `bad` counts the others by the metrics that `metrics` gives for a period; `requests` among these
    counts all.
    """

    name: str
    good_percent: float
    bad: str
    metrics: Callable[[cdk.Duration], Mapping[str, cloudwatch.IMetric]]

    def burn_rate(self, window: cdk.Duration, *, fewest: int) -> cloudwatch.MathExpression:
        """How many times faster than allowed the budget went; 0 with less than `fewest` bad.

        1 uses it up exactly when its time is over. Source: Google, The Site Reliability Workbook,
        chapter 5, "Alerting on SLOs".
        """
        allowed = round(1 - self.good_percent / 100, 10)
        return self._expression(
            f"IF(({self.bad})>={fewest},({self.bad})/requests/{allowed},0)",
            label=f"{self.name}: burn rate over {window.to_human_string()}",
            period=window,
        )

    def attained_percent(self, window: cdk.Duration) -> cloudwatch.MathExpression:
        return self._expression(
            f"100-100*({self.bad})/requests",
            label=f"{self.name} (objective {self.good_percent:g} %)",
            period=window,
        )

    def _expression(
        self, expression: str, *, label: str, period: cdk.Duration
    ) -> cloudwatch.MathExpression:
        return cloudwatch.MathExpression(
            expression=expression,
            label=label,
            period=period,
            using_metrics=dict(self.metrics(period)),
        )
