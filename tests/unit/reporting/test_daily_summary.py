from datetime import date

from kindred.reporting.daily_summary import FIGURES, DayCosts, daily_summary

DAY = date(2026, 11, 20)
[REQUESTS] = [each for each in FIGURES if each.label == "Similarity: requests"]
[ERRORS] = [each for each in FIGURES if each.label == "Similarity: 5xx, mean of minutes"]


def summary(values=None, week_before=None, alarms=None, costs=None):
    return daily_summary(
        "prod",
        DAY,
        values=values or {},
        week_before=week_before or {},
        alarms=alarms or {},
        costs=costs,
    )


def line(report, start):
    [found] = [each for each in report.text.splitlines() if each.startswith(start)]
    return found


def test_figures_stand_beside_those_of_a_week_before():
    report = summary({REQUESTS: 60_000.0, ERRORS: 0.125}, {REQUESTS: 48_000.0})

    assert line(report, "Similarity: requests").split()[2:] == ["60,000", "(+25", "%)"]
    assert line(report, "Similarity: 5xx").split()[-2:] == ["0.12", "%"]


def test_what_nobody_measured_is_left_out_and_not_called_nothing():
    report = summary({REQUESTS: 0.0})

    assert "Prediction" not in report.text
    assert line(report, "Similarity: requests").endswith("0")
    assert "Nothing was measured." in summary().text


def test_alarms_are_in_the_subject_and_the_most_frequent_first():
    report = summary(alarms={"a": 1, "b": 3})

    assert report.subject == "Kindred prod: 2026-11-20: 4 alarms"
    assert report.text.index("3 x b") < report.text.index("1 x a")
    assert summary(alarms={"a": 1}).subject.endswith(": 1 alarm")
    assert summary().subject.endswith(": no alarms")


def test_costs_are_of_their_own_day_and_of_a_million_requests():
    costs = DayCosts(day=date(2026, 11, 19), usd=61.6, requests=1_000_000)

    assert "Costs of 2026-11-19, as known by now: $61.60, $61.60 a million" in (
        summary(costs=costs).text
    )
    assert DayCosts(day=DAY, usd=5, requests=0).usd_per_million_requests is None
    assert "Costs" not in summary().text


def test_a_subject_is_what_sns_takes():
    report = daily_summary("prod-ü" * 30, DAY, values={}, week_before={}, alarms={}, costs=None)

    assert len(report.subject) <= 100
    assert report.subject.isascii()
