"""Reads what an environment cost, by Cost Explorer; each question costs a cent."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

# Money moved and not spent: it would hide what a service costs.
_LEFT_OUT = ("Credit", "Refund", "Tax")


class CostExplorer:
    """`environment` is the value of the cost allocation tag `Environment`."""

    def __init__(self, client: Any, *, environment: str) -> None:
        self._client = client
        self._environment = environment

    def of_month(self, month: date) -> dict[str, float]:
        """US dollars by service; `month` is its first day."""
        end = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
        return self._by_service(month, end, "MONTHLY")

    def of_day(self, day: date) -> float:
        """US dollars; the services report for a day and longer after its end."""
        return sum(self._by_service(day, day + timedelta(days=1), "DAILY").values())

    def _by_service(self, start: date, end: date, granularity: str) -> dict[str, float]:
        question = {
            "TimePeriod": {"Start": start.isoformat(), "End": end.isoformat()},
            "Granularity": granularity,
            "Metrics": ["UnblendedCost"],
            "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
            "Filter": self._filter(),
        }
        costs: defaultdict[str, float] = defaultdict(float)
        while True:
            page = self._client.get_cost_and_usage(**question)
            for period in page["ResultsByTime"]:
                for group in period["Groups"]:
                    costs[group["Keys"][0]] += float(group["Metrics"]["UnblendedCost"]["Amount"])
            if not (token := page.get("NextPageToken")):
                return dict(costs)
            question["NextPageToken"] = token

    def _filter(self) -> dict[str, Any]:
        return {
            "And": [
                {"Tags": {"Key": "Environment", "Values": [self._environment]}},
                {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(_LEFT_OUT)}}},
            ]
        }
