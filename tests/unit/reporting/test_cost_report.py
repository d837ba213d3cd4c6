from datetime import date

import pytest

from kindred.reporting.cost_report import MonthlyCosts, cost_report, previous_month


def costs(by_service, **changed):
    values = {
        "month": date(2026, 10, 1),
        "by_service": by_service,
        "before": {},
        "budget_usd": 1848.0,
        "budgets": {},
        "requests": 0.0,
        **changed,
    }
    return cost_report("prod", MonthlyCosts(**values))


@pytest.mark.parametrize(
    ("month", "before"),
    [
        pytest.param(date(2026, 3, 1), date(2026, 2, 1), id="in a year"),
        pytest.param(date(2026, 1, 1), date(2025, 12, 1), id="over new year"),
        pytest.param(date(2026, 12, 1), date(2026, 11, 1), id="december"),
    ],
)
def test_the_month_before(month, before):
    assert previous_month(month) == before


def test_the_whole_stands_against_budget_and_month_before():
    report = costs({"A": 900.0, "B": 24.0}, before={"A": 800.0, "B": 40.0})

    assert report.subject == "Kindred prod: October 2026: $924.00, 50 % of the budget"
    assert "$924.00 of $1,848.00 (+10 % against the month before)" in report.text


def test_the_ten_largest_are_named_and_the_rest_is_one_sum():
    report = costs({f"S{number:02}": float(number) for number in range(13)})
    lines = report.text.splitlines()

    assert [line.split()[0] for line in lines if line.startswith("S")] == [
        f"S{number:02}" for number in range(12, 2, -1)
    ]
    assert "2 others   $3.00" in report.text


def test_a_service_over_its_own_budget_is_named():
    report = costs({"A": 90.0, "B": 10.0}, budgets={"A": 80.0, "B": 80.0, "C": 1.0})
    over = report.text.partition("Over their own budget:")[2]

    assert over.split() == ["A", "$90.00", "of", "$80.00"]
    assert "Over" not in costs({"A": 1.0}, budgets={"A": 80.0}).text


def test_nothing_found_is_told_as_a_missing_tag_and_not_as_a_cheap_month():
    assert "cost allocation tag" in costs({}).text
    assert "cost allocation tag" not in costs({"A": 1.0}).text


def test_what_a_million_requests_cost():
    assert "30,000,000 requests: $61.60 a million." in costs({"A": 1848.0}, requests=3e7).text
    assert "a million" not in costs({"A": 1848.0}).text
