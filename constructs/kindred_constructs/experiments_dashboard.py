"""Experiments and models on a page: what was assigned, counted, decided, served and retrained."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kindred_constructs.dashboard_panels import Panel, PanelDashboard, lines, numbers
from kindred_constructs.measured import counted, measured
from kindred_constructs.model_panels import DAY_MINUTES, drift_panel, model_panel, rollouts_panel

_SERVICE = "experiments_service"


class ExperimentsDashboard(Construct):
    """`serving_endpoint` is the endpoint that `/inference` asks, by SageMaker's name."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: str, serving_endpoint: str
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        PanelDashboard(
            self,
            "Resource",
            subject="ExperimentsAndModels",
            panels=(
                self._assignments(),
                self._events(),
                self._definitions(),
                self._decisions(),
                model_panel(serving_endpoint),
                rollouts_panel(environment),
                drift_panel(environment),
            ),
        )

    def _counted(self, handler: str, *names: str) -> list[cloudwatch.IMetric]:
        return counted(*names, environment=self._environment, handler=handler)

    def _daily(
        self, handler: str, name: str, *, statistic: str = "Sum"
    ) -> list[cloudwatch.IMetric]:
        return counted(
            name,
            environment=self._environment,
            handler=handler,
            statistic=statistic,
            minutes=DAY_MINUTES,
        )

    def _measured(self, *names: str, statistic: str = "Sum") -> list[cloudwatch.IMetric]:
        return [
            measured(
                name,
                service=_SERVICE,
                environment=self._environment,
                statistic=statistic,
                minutes=5,
            )
            for name in names
        ]

    def _assignments(self) -> Panel:
        return Panel(
            title="Assignments and flags",
            says="A refused exposure loses a unit to the results; its assignment stands.",
            widgets=(
                lines(
                    "Units and flags",
                    [
                        *self._counted("assign", "Assignments"),
                        *self._counted("evaluate_flag", "FlagsEvaluated", "CacheHits"),
                    ],
                    unit="in 5 min",
                ),
                lines(
                    "Refused",
                    [
                        *self._counted(
                            *("assign", "ExposuresRefused", "InvalidRequests"), "UnknownExperiments"
                        ),
                        *self._counted("evaluate_flag", "InvalidRequests"),
                    ],
                    unit="in 5 min",
                ),
                lines(
                    "Definitions that could not be read",
                    [
                        metric
                        for handler in ("assign", "evaluate_flag")
                        for metric in self._counted(
                            handler, "DefinitionsUnavailable", "RefreshFailures"
                        )
                    ],
                    unit="in 5 min",
                ),
            ),
        )

    def _events(self) -> Panel:
        return Panel(
            title="Events",
            says="Each event counts once: one that comes again is a duplicate and no harm.",
            widgets=(
                lines(
                    "Taken by the service",
                    self._measured("events_accepted", "events_rejected", "events_retry"),
                    unit="in 5 min",
                ),
                lines(
                    "Counted",
                    self._counted(
                        *("process_events", "EventsCounted", "EventsDuplicated"),
                        *("EventsInvalid", "EventsToRetry"),
                    ),
                    unit="in 5 min",
                ),
                lines(
                    "Oldest event of a batch",
                    counted(
                        "OldestEventAge",
                        environment=self._environment,
                        handler="process_events",
                        statistic="Maximum",
                    ),
                    unit="ms",
                ),
            ),
        )

    def _definitions(self) -> Panel:
        return Panel(
            title="Management",
            says="What is evaluated by is as old as its last reading of the database.",
            widgets=(
                lines(
                    "Age of definitions",
                    self._measured("definitions_age_seconds", statistic="Maximum"),
                    unit="s",
                ),
                lines(
                    "Scheduled changes",
                    self._measured("due_changes_applied", "due_changes_failed"),
                    unit="in 5 min",
                ),
                lines(
                    "Notices that could not be sent",
                    self._measured("notices_failed"),
                    unit="in 5 min",
                ),
            ),
        )

    def _decisions(self) -> Panel:
        return Panel(
            title="Daily decisions",
            says="The control's share of traffic falls as a winner takes over.",
            widgets=(
                lines(
                    "Control's weight",
                    self._daily("select_winner", "ControlWeight", statistic="Minimum"),
                    unit="share",
                ),
                numbers(
                    "Shifts taken back; arms without metrics",
                    [
                        *self._daily("select_winner", "ShiftsRolledBack"),
                        *self._daily("aggregate_metrics", "ArmsWithoutMetrics"),
                    ],
                ),
                numbers(
                    "Runs a day",
                    [
                        metric
                        for handler in ("aggregate_metrics", "select_winner", "detect_drift")
                        for metric in self._daily(handler, "DailyRuns")
                    ],
                ),
            ),
        )
