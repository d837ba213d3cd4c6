"""Budgets of an environment and of its services, and word of costs that nobody expected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_ce as ce
from aws_cdk import aws_sns as sns
from constructs import Construct

from kindred_constructs.alarm_topics import AlarmTopics

# The cost allocation tag by which an environment's costs are told from others'.
TAG = "Environment"


class CostWatch(Construct):
    """All of it counts what carries the environment's tag."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tags: Mapping[str, str],
        alarms: AlarmTopics,
        monthly_usd: float,
        services: Mapping[str, float],
        spike_percent: int,
        spike_usd: float,
    ) -> None:
        """`tags` are those of everything: these types take them, and no Tag reaches them."""
        super().__init__(scope, construct_id)
        self._name = tags[TAG]
        self._tags = [{"key": key, "value": value} for key, value in sorted(tags.items())]
        self._alarms = alarms
        self._budget("Whole", monthly_usd)
        for service, usd in sorted(services.items()):
            self._budget("".join(word.title() for word in service.split()), usd, service)
        self._add_spikes(spike_percent, spike_usd)

    def _budget(self, construct_id: str, usd: float, service: str | None = None) -> None:
        """Told at four fifths, when it will not last, and when it is used up."""
        filters = {"TagKeyValue": [f"user:{TAG}${self._name}"]}
        if service:
            filters["Service"] = [service]
        told = (
            ("ACTUAL", 80, self._alarms.information),
            ("FORECASTED", 100, self._alarms.information),
            ("ACTUAL", 100, self._alarms.warning),
        )
        budgets.CfnBudget(
            self,
            construct_id,
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
                cost_filters=filters,
            ),
            notifications_with_subscribers=[_notification(*each) for each in told],
            resource_tags=self._tags,
        )

    def _add_spikes(self, percent: int, usd: float) -> None:
        """The names are asked for; nothing that AWS gives would tell environments apart."""
        monitor = ce.CfnAnomalyMonitor(
            self,
            "Monitor",
            monitor_name=f"kindred-{self._name}",
            monitor_type="CUSTOM",
            resource_tags=self._tags,
            monitor_specification=json.dumps(
                {"Tags": {"Key": TAG, "Values": [self._name], "MatchOptions": ["EQUALS"]}}
            ),
        )
        ce.CfnAnomalySubscription(
            self,
            "Spikes",
            subscription_name=f"kindred-{self._name}",
            # The only frequency that SNS takes.
            frequency="IMMEDIATE",
            resource_tags=self._tags,
            monitor_arn_list=[monitor.attr_monitor_arn],
            subscribers=[
                ce.CfnAnomalySubscription.SubscriberProperty(
                    type="SNS", address=self._alarms.warning.topic_arn
                )
            ],
            threshold_expression=json.dumps(
                {
                    "And": [
                        _at_least("ANOMALY_TOTAL_IMPACT_PERCENTAGE", percent),
                        _at_least("ANOMALY_TOTAL_IMPACT_ABSOLUTE", usd),
                    ]
                }
            ),
        )


def _notification(
    kind: str, percent: int, topic: sns.ITopic
) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    budget = budgets.CfnBudget
    subscribers: Sequence[Any] = [
        budget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)
    ]
    return budget.NotificationWithSubscribersProperty(
        notification=budget.NotificationProperty(
            notification_type=kind,
            comparison_operator="GREATER_THAN",
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=subscribers,
    )


def _at_least(dimension: str, value: float) -> dict[str, Any]:
    return {
        "Dimensions": {
            "Key": dimension,
            "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
            "Values": [f"{value:g}"],
        }
    }
