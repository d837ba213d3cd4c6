"""What keeps people informed: channels of alarms, reports, budgets, checks, and logs put away."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.alarm_channels import AlarmChannels, SlackChannel
from kindred_constructs.announcement_topic import AnnouncementTopic
from kindred_constructs.cost_watch import CostWatch
from kindred_constructs.log_exports import LogExports
from kindred_constructs.report_functions import Calendar, Limits, ReportFunctions, ReportSources
from kindred_constructs.synthetic_check import SyntheticCheck
from stacks.api_stack import ApiStack
from stacks.budgets import Budgets
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.function_assets import function_asset
from stacks.network_stack import NetworkStack
from stacks.notices import Checks
from stacks.streaming_stack import StreamingStack


class OperationsStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        data: DataStack,
        streaming: StreamingStack,
        api: ApiStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._environment = environment
        self._network = network
        self._data = data
        self._asset = function_asset("operations_functions", environment, network)
        # Costs have no region: the first one's stack speaks of them all.
        budgets = environment.budgets if environment.is_first(self.region) else None
        self._add_channels()
        self._add_reports(streaming, budgets)
        if budgets:
            self._add_costs(budgets)
        if environment.checks:
            self._add_check(api, environment.checks)
        if environment.logs.export:
            LogExports(
                self,
                "LogExports",
                asset=self._asset,
                bucket=data.logs,
                after_days=environment.logs.export.after_days,
                schedule_key=data.key,
            )

    def _add_channels(self) -> None:
        alarms = self._environment.alarms
        AlarmChannels(
            self,
            "Channels",
            alarms=self._network.alarms,
            asset=self._asset,
            slack=SlackChannel(**alarms.slack.model_dump()) if alarms.slack else None,
            pagerduty_secret_arn=alarms.pagerduty.secret_arn if alarms.pagerduty else None,
        )

    def _add_reports(self, streaming: StreamingStack, budgets: Budgets | None) -> None:
        data, reports = self._data, self._environment.reports
        topic = AnnouncementTopic(
            self, "Reports", key=data.key, email=reports.email or self._environment.alarms.email
        )
        ReportFunctions(
            self,
            "Reporting",
            asset=self._asset,
            topic=topic,
            sources=ReportSources(
                tables=data.stores.tables,
                counters=data.counters,
                definitions=data.definitions,
            ),
            calendar=Calendar(
                at=reports.at,
                weekly_on=reports.weekly_on,
                monthly_on_day=reports.monthly_on_day,
            ),
            limits=Limits(monthly_usd=budgets.monthly_usd, services=budgets.services)
            if budgets
            else None,
            dead_letters=streaming.unscheduled,
        )
        cdk.CfnOutput(self, "ReportTopicArn", value=topic.topic_arn)

    def _add_check(self, api: ApiStack, checks: Checks) -> None:
        data = self._data
        check = SyntheticCheck(
            self,
            "Check",
            api=api.rest_api,
            client_key=data.secrets.client_key,
            secret_key=data.key,
            records=data.logs,
            every_minutes=checks.every_minutes,
        )
        self._network.alarms.hear(check.alarm)

    def _add_costs(self, budgets: Budgets) -> None:
        CostWatch(
            self,
            "Costs",
            tags=self._environment.resource_tags,
            alarms=self._network.alarms,
            monthly_usd=budgets.monthly_usd,
            services=budgets.services,
            spike_percent=budgets.spike.percent,
            spike_usd=budgets.spike.usd,
        )
