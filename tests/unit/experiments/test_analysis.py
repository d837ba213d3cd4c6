import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kindred.experiments.analysis import MOST_LOOKS, MOST_SEGMENTS, analyse
from kindred.experiments.counts import Cell, Counts, Tally
from kindred.experiments.definitions import Experiment, Metric, SamplePlan, Variation
from kindred.experiments.observation import totals_of

DAY = date(2026, 11, 1)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SIGNUP = Metric(key="signup", name="Signups")
REVENUE = Metric(key="revenue", name="Revenue", kind="mean", role="secondary")
PER_VISIT = Metric(
    key="per_visit",
    name="Revenue per visit",
    kind="ratio",
    role="secondary",
    numerator="revenue",
    denominator="visits",
)


def experiment(*metrics, variations=("a", "b")):
    return Experiment(
        key="x",
        name="X",
        variations=tuple(
            Variation(key=key, name=key, weight=1 / len(variations), is_control=key == "a")
            for key in variations
        ),
        metrics=metrics or (SIGNUP,),
        plan=SamplePlan(baseline=0.12, effect=0.05),
    )


def once(count):
    """A metric of which each of `count` units has one event of value 1."""
    return Tally(units=count, total=count, squares=count, events=count)


def ab_data():
    return Counts(
        cells={
            Cell("a", "-", DAY): Tally(units=145_274),
            Cell("b", "-", DAY): Tally(units=145_310),
            Cell("a", "signup", DAY): once(17_489),
            Cell("b", "signup", DAY): once(17_264),
        },
        quality={"mismatched": 3893, "crossed": 1},
    )


def shown(analysis, metric, variation="b"):
    results = analysis.to_json()["metrics"]
    result = next(each for each in results if each["metric"] == metric)
    return next(each for each in result["variations"] if each["variation"] == variation)


def test_ab_data_has_the_reference_values_and_no_winner():
    analysis = analyse(experiment(), ab_data(), now=NOW)
    treatment = shown(analysis, "signup")

    assert round(treatment["p_value"], 5) == 0.18988
    assert round(treatment["chance_best"], 4) == 0.0949
    assert analysis.decision.outcome == "no_winner"
    assert [warning.split(":")[0] for warning in analysis.decision.warnings] == [
        "mismatched",
        "crossed",
    ]


def test_an_answer_is_plain_json():
    answer = analyse(experiment(SIGNUP, REVENUE, PER_VISIT), ab_data(), now=NOW).to_json()

    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert answer["units"] == {"a": 145_274, "b": 145_310}


def test_an_experiment_without_counts_is_answered_too():
    answer = analyse(experiment(), Counts(), now=NOW).to_json()

    assert answer["decision"]["outcome"] == "keep_running"
    assert answer["units"] == {"a": 0, "b": 0}
    assert answer["days"] == []


def test_each_look_holds_all_units_until_its_day():
    counts = Counts(
        cells={
            Cell(key, metric, DAY + timedelta(days=day)): tally
            for key, converted in (("a", 10), ("b", 12))
            for day in range(3)
            for metric, tally in (("-", Tally(units=100)), ("signup", once(converted)))
        }
    )

    looks = analyse(experiment(), counts, now=NOW).to_json()["days"]

    assert [look["units"]["b"] for look in looks] == [100, 200, 300]
    assert [look["metrics"][0]["variations"][1]["mean"] for look in looks] == [0.12] * 3
    assert looks[0]["day"] == "2026-11-01"


def test_a_clock_that_is_years_behind_does_not_make_up_for_days():
    cells = {
        Cell(key, metric, DAY): tally
        for key, converted in (("a", 2000), ("b", 2500))
        for metric, tally in (("-", Tally(units=20_000)), ("signup", once(converted)))
    }
    wrong = {Cell("a", "-", DAY - timedelta(days=days)): Tally(units=1) for days in (30, 60, 90)}
    planned = replace(experiment(), policy="fixed_horizon")

    decision = analyse(planned, Counts(cells=cells | wrong), now=NOW).decision

    assert decision.reasons == ("1 of 7 days have been counted",)


def test_segments_are_told_apart_the_largest_first():
    cells = {}
    for key in ("a", "b"):
        for segment, units, converted in (("-", 300, 30), ("os=ios", 100, 20), ("os=web", 200, 10)):
            cells[Cell(key, "-", DAY, segment)] = Tally(units=units)
            cells[Cell(key, "signup", DAY, segment)] = once(converted)

    segments = analyse(experiment(), Counts(cells=cells), now=NOW).to_json()["segments"]

    assert [each["segment"] for each in segments] == ["os=web", "os=ios"]
    assert segments[1]["metrics"][0]["variations"][0]["mean"] == 0.2
    alone = analyse(experiment(), Counts(cells=cells), now=NOW, segment="os=ios").to_json()
    assert alone["segments"] == segments[1:]


def test_a_covariate_makes_the_interval_narrower():
    def counts(product):
        cells = {}
        for key, total in (("a", 10_000), ("b", 10_100)):
            cells[Cell(key, "-", DAY)] = Tally(
                units=1000, covariate_total=10_000, covariate_squares=104_000
            )
            cells[Cell(key, "revenue", DAY)] = Tally(
                units=1000, total=total, squares=106_000, covariate_product=product
            )
        return Counts(cells=cells)

    related, unrelated = (
        shown(analyse(experiment(REVENUE), counts(product), now=NOW), "revenue")
        for product in (103_500, 100_500)
    )

    def width(each):
        low, high = each["absolute"]["interval"]
        return high - low

    assert related["uses_covariate"]
    assert width(related) < 0.8 * width(unrelated)


def test_a_covariate_is_used_for_conversions_only_while_each_unit_converts_once():
    def counts(total):
        cells = {}
        for key in ("a", "b"):
            cells[Cell(key, "-", DAY)] = Tally(
                units=1000, covariate_total=100, covariate_squares=100
            )
            cells[Cell(key, "signup", DAY)] = Tally(
                units=50, total=total, squares=total, events=int(total), covariate_product=20
            )
        return Counts(cells=cells)

    assert shown(analyse(experiment(), counts(50), now=NOW), "signup")["uses_covariate"]
    assert not shown(analyse(experiment(), counts(55), now=NOW), "signup")["uses_covariate"]


def test_a_ratio_divides_the_totals_of_two_metrics():
    cells, products = {}, {}
    for key, revenue in (("a", 500.0), ("b", 550.0)):
        cells[Cell(key, "-", DAY)] = Tally(units=100)
        cells[Cell(key, "revenue", DAY)] = Tally(units=100, total=revenue, squares=3_200.0)
        cells[Cell(key, "visits", DAY)] = Tally(units=100, total=200, squares=450)
        products[Cell(key, "revenue*visits", DAY)] = 1_050.0
    analysis = analyse(experiment(PER_VISIT), Counts(cells=cells, products=products), now=NOW)
    treatment = shown(analysis, "per_visit")

    assert treatment["mean"] == 2.75
    assert treatment["relative"]["value"] == pytest.approx(0.1)
    assert treatment["p_value"] < 1


def test_a_ratio_over_nothing_is_left_out_until_there_is_something():
    counts = Counts(cells={Cell(key, "-", DAY): Tally(units=5) for key in ("a", "b")})

    analysis = analyse(experiment(PER_VISIT), counts, now=NOW)

    assert analysis.to_json()["metrics"] == []
    assert analysis.decision.warnings == (
        "the secondary metric 'per_visit' is not compared: in some variation its denominator adds "
        "up to nothing",
    )


@pytest.mark.parametrize("policy", ["sequential", "bayesian"])
@pytest.mark.parametrize("metric", [SIGNUP, PER_VISIT])
def test_a_variation_that_gets_no_traffic_holds_nobody_up(policy, metric):
    cells = {}
    for key, revenue in (("a", 30_000), ("b", 36_000)):
        cells[Cell(key, "-", DAY)] = Tally(units=100_000)
        cells[Cell(key, "signup", DAY)] = cells[Cell(key, "revenue", DAY)] = once(revenue)
        cells[Cell(key, "visits", DAY)] = once(100_000)
    planned = experiment(replace(metric, role="primary"), variations=("a", "b", "off"))
    shares = {"a": 0.5, "b": 0.5, "off": 0.0}
    planned = replace(
        planned,
        policy=policy,
        variations=tuple(replace(each, weight=shares[each.key]) for each in planned.variations),
    )

    analysis = analyse(planned, Counts(cells=cells), now=NOW)

    assert analysis.decision.winner == "b"
    assert analysis.units == {"a": 100_000, "b": 100_000, "off": 0}


def test_every_guardrail_that_a_variation_harms_is_named():
    guards = [
        Metric(key=key, name=key, role="guardrail", direction="decrease")
        for key in ("errors", "refunds")
    ]
    cells = {}
    for key, signups, harmed in (("a", 12_000, 1000), ("b", 15_000, 2000)):
        cells[Cell(key, "-", DAY)] = Tally(units=100_000)
        cells[Cell(key, "signup", DAY)] = once(signups)
        cells[Cell(key, "errors", DAY)] = cells[Cell(key, "refunds", DAY)] = once(harmed)

    decision = analyse(experiment(SIGNUP, *guards), Counts(cells=cells), now=NOW).decision

    assert decision.outcome == "blocked"
    assert "'errors'" in decision.reasons[-1]
    assert "'refunds'" in decision.reasons[-1]


def test_a_binary_rate_never_passes_one_hundred_percent():
    counts = Counts(
        cells={
            Cell("a", "-", DAY): Tally(units=10),
            Cell("a", "signup", DAY): Tally(units=10, total=40, squares=200, events=40),
        }
    )
    totals = totals_of(experiment(), counts, "a", day=DAY)

    assert totals.arm("a", SIGNUP).sample.mean == 1.0


def test_a_long_experiment_with_many_segments_is_answered_in_bounded_time():
    variations, days, segments = ("a", "b", "c", "d"), 3 * MOST_LOOKS, 2 * MOST_SEGMENTS
    cells = {}
    for key in variations:
        for day in range(days):
            for segment in ("-", *(f"country={number}" for number in range(segments))):
                where = DAY + timedelta(days=day), segment
                cells[Cell(key, "-", *where)] = Tally(units=1000)
                cells[Cell(key, "signup", *where)] = once(100)
    started = time.process_time()
    analysis = analyse(experiment(variations=variations), Counts(cells=cells), now=NOW)

    assert time.process_time() - started < 10
    assert len(analysis.looks) == MOST_LOOKS
    assert len(analysis.segments) == MOST_SEGMENTS
    assert analysis.left_out == {"days": days - MOST_LOOKS, "segments": segments - MOST_SEGMENTS}
