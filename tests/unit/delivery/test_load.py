"""How much load a canary needs, and when load was answered well."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.delivery.api_access import ApiAccess
from ops.delivery.load import (
    GROUP_REQUESTS_PER_MINUTE,
    Accompanied,
    Figures,
    LoadFailed,
    canary_load,
    judge_load,
    locust_command,
    read_figures,
    run_while,
)
from stacks.delivery import LoadTest
from stacks.deployment import Deployment

WANTED = LoadTest(requests_per_second=10, minutes=1, p99_latency_ms=500, error_percent=1.0)
GOOD = {"requests": 600, "failures": 0, "p99_latency_ms": 100.0}
HEADER = "Type,Name,Request Count,Failure Count,99%\n"


@given(percent=st.integers(1, 50))
def test_the_canarys_share_of_the_load_is_enough_for_its_alarms(percent):
    rate = canary_load(Deployment(canary_percent=percent))

    a_minute_and_service = rate * 60 / 3
    assert a_minute_and_service * percent / 100 >= GROUP_REQUESTS_PER_MINUTE


@pytest.mark.parametrize(
    ("deployment", "rate"),
    [
        pytest.param({}, 15, id="a tenth of three services"),
        pytest.param({"strategy": "blue_green"}, 2, id="all at once needs little"),
        pytest.param(
            {"services": {"prediction": {"canary_percent": 5}}}, 30, id="the smallest share counts"
        ),
    ],
)
def test_load_follows_the_strategy(deployment, rate):
    assert canary_load(Deployment.model_validate(deployment)) == rate


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        pytest.param({}, [], id="good"),
        pytest.param({"failures": 6}, [], id="as many errors as are allowed"),
        pytest.param({"failures": 7}, ["1.17 % failed, allowed 1 %"], id="too many errors"),
        pytest.param({"p99_latency_ms": 501.0}, ["p99 501 ms, allowed 500 ms"], id="too slow"),
        pytest.param(
            {"requests": 299}, ["299 requests, wanted 300 or more: no verdict"], id="too few"
        ),
        pytest.param(
            {"requests": 0},
            ["0 requests, wanted 300 or more: no verdict", "100.00 % failed, allowed 1 %"],
            id="none at all is no success",
        ),
    ],
)
def test_load_is_judged(changes, faults):
    assert judge_load(Figures(**{**GOOD, **changes}), WANTED, seconds=60) == faults


def test_figures_are_of_all_requests_together(tmp_path):
    rows = "POST,/predict,5,1,10\n,Aggregated,12,3,250\n"
    (tmp_path / "load_stats.csv").write_text(HEADER + rows)

    assert read_figures(tmp_path / "load") == Figures(requests=12, failures=3, p99_latency_ms=250)


def test_no_answer_is_no_latency(tmp_path):
    (tmp_path / "load_stats.csv").write_text(f"{HEADER},Aggregated,0,0,N/A\n")

    assert read_figures(tmp_path / "load").p99_latency_ms == math.inf


@pytest.mark.parametrize("text", [None, HEADER], ids=["no file", "no last row"])
def test_load_that_left_no_figures_has_failed(tmp_path, text):
    if text is not None:
        (tmp_path / "load_stats.csv").write_text(text)

    with pytest.raises(LoadFailed, match=r"load_stats\.csv: no figures"):
        read_figures(tmp_path / "load")


def test_the_key_is_not_told_to_other_users_of_the_machine(tmp_path):
    access = ApiAccess(url="https://api.example/public/", key="very-secret")

    command = locust_command(access, rate=5, seconds=60, figures=tmp_path / "load")

    assert "very-secret" not in " ".join(command)


@pytest.mark.parametrize(
    ("under_way", "polls"),
    [
        pytest.param([False] * 100, 40, id="nothing ever begins: ten minutes"),
        pytest.param([False] * 39 + [True] + [False] * 100, 80, id="a late beginning counts"),
        pytest.param([True] * 60 + [False] * 100, 100, id="it ends ten minutes after the last"),
    ],
)
def test_load_accompanies_a_deployment_and_outlives_the_pauses_between_stacks(under_way, polls):
    left = iter(under_way)
    going_on = Accompanied(lambda: next(left))

    asked = 1
    while going_on():
        asked += 1

    assert asked == polls


def test_load_ends_with_what_it_accompanies_whatever_becomes_of_that(tmp_path, monkeypatch):
    """A stand-in for Locust that would run for ever."""
    for_ever = tmp_path / "locust"
    for_ever.write_text("#!/bin/sh\nexec sleep 3600\n")
    for_ever.chmod(0o755)
    monkeypatch.setattr("ops.delivery.load.LOCUST", for_ever)
    access = ApiAccess(url="https://api.example/", key="key")

    def lost():
        raise ConnectionError("CloudFormation does not answer")

    with pytest.raises(ConnectionError):
        run_while(
            access,
            rate=1,
            seconds=3600,
            figures=tmp_path / "load",
            going_on=lost,
            wait=lambda _: None,
        )
