"""A deployment is watched until its time is over, or until something is wrong."""

import datetime as dt

import pytest

from ops.delivery.watch import AwsEnvironment, Observation, Watch

START = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)


def seen(alarms=(), failed=(), passed=()):
    return Observation(alarms=alarms, failed_checks=failed, passed_checks=passed)


def watched(*observations, silent=(), minutes=2):
    """The verdict, and how many seconds passed: one observation a minute, the last one stays."""
    clock = [START]
    left = list(observations)

    class Seen:
        def observe(self, *, since):
            return left.pop(0) if len(left) > 1 else left[0]

    def wait(seconds):
        clock[0] += dt.timedelta(seconds=seconds)

    watch = Watch(Seen(), started=START, silent=silent)
    verdict = watch.run(minutes, now=lambda: clock[0], wait=wait)
    return verdict, (clock[0] - START).total_seconds()


def test_a_quiet_environment_is_watched_to_the_end():
    verdict, seconds = watched(seen(), seen(passed=("check",)), seen())

    assert verdict.quiet
    assert seconds == 120
    assert verdict.reason == "no new alarm; checks that passed: check"


@pytest.mark.parametrize(
    ("observation", "reason"),
    [
        pytest.param(seen(alarms=("Errors",)), "in alarm: Errors", id="an alarm"),
        pytest.param(seen(failed=("home",)), "synthetic checks failed: home", id="a check"),
    ],
)
def test_the_first_thing_that_is_wrong_ends_it(observation, reason):
    verdict, seconds = watched(seen(), observation, minutes=30)

    assert (verdict.quiet, verdict.reason, seconds) == (False, reason, 60)


def test_what_was_in_alarm_before_does_not_count():
    verdict, _ = watched(seen(alarms=("Old",)), silent=("Old",))

    assert verdict.quiet


def test_that_there_were_no_checks_is_told():
    assert watched(seen())[0].reason.endswith("there were none")


class FakeSession:
    def client(self, name):
        return {"cloudwatch": FakeCloudWatch, "synthetics": FakeSynthetics}[name]()


class FakeCloudWatch:
    def get_paginator(self, operation):
        return self

    def paginate(self, *, AlarmNamePrefix, StateValue, AlarmTypes):
        assert StateValue == "ALARM"
        names = ("ApiStack-Errors", "TargetTracking-service")
        yield {"MetricAlarms": [{"AlarmName": f"{AlarmNamePrefix}{name}"} for name in names]}
        yield {"CompositeAlarms": [{"AlarmName": f"{AlarmNamePrefix}Burn"}]}


def run(name, state, minutes):
    started = START + dt.timedelta(minutes=minutes)
    return {
        "CanaryName": name,
        "LastRun": {"Status": {"State": state}, "Timeline": {"Started": started}},
    }


class FakeSynthetics:
    pages = (
        {
            "CanariesLastRun": [run("ours", "PASSED", 1), run("other", "FAILED", 1)],
            "NextToken": "2",
        },
        {"CanariesLastRun": [run("broken", "FAILED", 1), run("early", "FAILED", -1)]},
    )

    def describe_canaries_last_run(self, *, NextToken="1"):
        return self.pages[int(NextToken) - 1]

    def get_canary(self, *, Name):
        stack = "Other" if Name == "other" else "Kindred-staging-MonitoringStack"
        return {"Canary": {"Tags": {"aws:cloudformation:stack-name": stack}}}


def test_an_environment_is_seen_with_its_own_alarms_and_its_own_recent_checks():
    environment = AwsEnvironment(FakeSession, prefix="Kindred-staging-")

    observed = environment.observe(since=START)

    assert observed.alarms == ("Kindred-staging-ApiStack-Errors", "Kindred-staging-Burn")
    assert observed.passed_checks == ("ours",)
    assert observed.failed_checks == ("broken",)
