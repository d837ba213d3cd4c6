"""Panels of a dashboard: a heading, and below it what one looks at together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.stage_name import stage_name

_COLUMNS, _HEIGHT = 24, 6
Metrics = Sequence[cloudwatch.IMetric]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`says` is what to look for, in a sentence or two of Markdown."""

    title: str
    says: str
    widgets: Sequence[cloudwatch.IWidget]


class PanelDashboard(cloudwatch.Dashboard):
    """Named after its stage and subject: people look for it by name."""

    def __init__(
        self, scope: Construct, construct_id: str, *, subject: str, panels: Sequence[Panel]
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            dashboard_name=f"{stage_name(scope)}-{subject}",
            default_interval=cdk.Duration.hours(3),
            widgets=[row for panel in panels for row in _rows(panel)],
        )


def lines(
    title: str, metrics: Metrics, *, unit: str, width: int = 8, stacked: bool = False
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(metrics),
        left_y_axis=_axis(unit),
        stacked=stacked or None,
        width=width,
        height=_HEIGHT,
    )


def shares(
    title: str, metrics: Metrics, *, view: cloudwatch.GraphWidgetView
) -> cloudwatch.GraphWidget:
    """A pie or bars, of the whole time that one looks at."""
    return cloudwatch.GraphWidget(
        title=title,
        left=list(metrics),
        view=view,
        set_period_to_time_range=True,
        width=8,
        height=_HEIGHT,
    )


def gauges(title: str, metrics: Metrics, *, width: int = 8) -> cloudwatch.GaugeWidget:
    """In per cent, red above 80."""
    return cloudwatch.GaugeWidget(
        title=title,
        metrics=list(metrics),
        left_y_axis=cloudwatch.YAxisProps(min=0, max=100),
        annotations=[
            cloudwatch.HorizontalAnnotation(
                value=80, color=cloudwatch.Color.RED, fill=cloudwatch.Shading.ABOVE
            )
        ],
        width=width,
        height=_HEIGHT,
    )


def numbers(title: str, metrics: Metrics, *, width: int = 8) -> cloudwatch.SingleValueWidget:
    return cloudwatch.SingleValueWidget(
        title=title, metrics=list(metrics), sparkline=True, width=width, height=_HEIGHT
    )


def heat(title: str, metrics: Metrics, *, warm: float, hot: float) -> cloudwatch.TableWidget:
    """A row an hour and a column a metric, whose cells are coloured by how high they are."""
    return cloudwatch.TableWidget(
        title=title,
        metrics=list(metrics),
        layout=cloudwatch.TableLayout.VERTICAL,
        start="-P1D",
        period=cdk.Duration.hours(1),
        thresholds=[
            cloudwatch.TableThreshold.above(hot, cloudwatch.Color.RED),
            cloudwatch.TableThreshold.between(warm, hot, cloudwatch.Color.ORANGE),
            cloudwatch.TableThreshold.below(warm, cloudwatch.Color.GREEN),
        ],
        width=_COLUMNS,
        height=_HEIGHT + 2,
    )


def alarm_states(title: str, alarms: Sequence[cloudwatch.IAlarm]) -> cloudwatch.AlarmStatusWidget:
    return cloudwatch.AlarmStatusWidget(title=title, alarms=list(alarms), width=_COLUMNS, height=3)


def _rows(panel: Panel) -> list[list[cloudwatch.IWidget]]:
    heading = cloudwatch.TextWidget(
        markdown=f"## {panel.title}\n{panel.says}", width=_COLUMNS, height=2
    )
    return [[heading], list(panel.widgets)]


def _axis(unit: str) -> cloudwatch.YAxisProps:
    return cloudwatch.YAxisProps(label=unit, show_units=False, min=0)
