"""The report of a month's costs: by service, against the month before and the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kindred.reporting.report import Report, change, report, table

# Seed 7.5 asks for the ten largest.
DRIVERS = 10
# Below a cent nothing was used.
_NOTHING = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyCosts:
    """US dollars by service, of what carries the environment's tag."""

    month: date
    by_service: Mapping[str, float]
    before: Mapping[str, float]
    budget_usd: float
    budgets: Mapping[str, float]
    requests: float

    @property
    def total(self) -> float:
        return sum(self.by_service.values())


def cost_report(environment: str, costs: MonthlyCosts) -> Report:
    month = f"{costs.month:%B %Y}"
    share = 100 * costs.total / costs.budget_usd
    return report(
        f"Kindred {environment}: {month}: ${costs.total:,.2f}, {share:.0f} % of the budget",
        [
            f"{environment}, {month}: ${costs.total:,.2f} of ${costs.budget_usd:,.2f}"
            f"{_against(costs.total, sum(costs.before.values()))}. Before credits and refunds, "
            "of what carries the environment's tag.",
            _untagged(costs),
            _drivers(costs),
            _over_budget(costs),
            _per_million(costs),
        ],
    )


def previous_month(month: date) -> date:
    """Its first day; `month` is a first day too."""
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _against(now: float, before: float) -> str:
    moved = change(now, before)
    return f" ({moved} against the month before)" if moved else ""


def _untagged(costs: MonthlyCosts) -> str:
    if costs.total >= _NOTHING:
        return ""
    return (
        "Nothing was found. Until the tag Environment is active as a cost allocation tag, no cost "
        "carries it: docs/notices.md says how."
    )


def _drivers(costs: MonthlyCosts) -> str:
    largest = sorted(costs.by_service.items(), key=lambda each: (-each[1], each[0]))
    shown = [each for each in largest if each[1] >= _NOTHING]
    rows = [
        [name, f"${usd:,.2f}", change(usd, costs.before.get(name))] for name, usd in shown[:DRIVERS]
    ]
    if rest := sum(usd for _, usd in shown[DRIVERS:]):
        rows.append([f"{len(shown) - DRIVERS} others", f"${rest:,.2f}", ""])
    return "\n".join(["The largest:", table(rows)]) if rows else ""


def _over_budget(costs: MonthlyCosts) -> str:
    over = [
        [name, f"${costs.by_service[name]:,.2f}", f"of ${limit:,.2f}"]
        for name, limit in sorted(costs.budgets.items())
        if costs.by_service.get(name, 0.0) > limit
    ]
    return "\n".join(["Over their own budget:", table(over)]) if over else ""


def _per_million(costs: MonthlyCosts) -> str:
    if not costs.requests:
        return ""
    each = 1e6 * costs.total / costs.requests
    return f"{costs.requests:,.0f} requests: ${each:,.2f} a million."
