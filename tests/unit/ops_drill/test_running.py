"""Steps are taken in order, waited for, timed, and given up on in time."""

import pytest
from botocore.exceptions import ClientError

from ops.drill.running import Taken, World, run
from ops.drill.steps import Call, Step, Until

CALL = Call(service="rds", operation="describe_db_clusters", region="us-west-2")


class Account:
    """Answers each call with the next of its answers; its clock moves only by waiting."""

    def __init__(self, *answers, yes=True, laptop=False):
        self.answers = list(answers)
        self.asked = []
        self.told = []
        self.clock = 0.0
        self.world = World(
            ask=self._ask,
            person=lambda _: yes,
            now=lambda: self.clock,
            wait=self._wait,
            told=self.told.append,
            laptop=laptop,
        )

    def _ask(self, call):
        self.asked.append(call)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _wait(self, seconds):
        self.clock += seconds


def until(minutes=1.0):
    return Until(call=CALL, expression="Status", wanted="available", within_minutes=minutes)


def denied():
    return ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeDBClusters")


def test_a_step_ends_when_what_it_brings_about_is_there():
    account = Account({}, {"Status": "creating"}, {"Status": "creating"}, {"Status": "available"})

    [taken] = run([Step(title="Restore", call=CALL, until=until())], account.world)

    assert (taken.ended, taken.seconds) == ("done", 10.0)
    assert account.told == [taken]


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        pytest.param(
            [{"Status": "creating"}] * 20, "Status is 'creating' after 1 minutes", id="never there"
        ),
        pytest.param([denied()], "AccessDenied", id="refused"),
    ],
)
def test_what_fails_ends_the_drill_and_says_why(answers, says):
    account = Account(*answers)
    steps = [Step(title="First", until=until()), Step(title="Second", until=until())]

    [taken] = run(steps, account.world)

    assert taken.ended == "failed"
    assert says in taken.why


@pytest.mark.parametrize(
    ("yes", "ended"),
    [pytest.param(True, "by hand", id="done"), pytest.param(False, "failed", id="not done")],
)
def test_what_no_call_does_is_asked_of_a_person(yes, ended):
    account = Account(yes=yes)

    [taken] = run([Step(title="Send clients there", by_hand="tell them")], account.world)

    assert (taken.ended, account.asked) == (ended, [])


def test_on_a_laptop_only_what_its_emulator_has_is_taken():
    account = Account({}, laptop=True)
    steps = [Step(title="Promote", call=CALL), Step(title="Copy", call=CALL, on_a_laptop=True)]

    taken = run(steps, account.world)

    assert [each.ended for each in taken] == ["left out", "done"]
    assert isinstance(taken[0], Taken)
    assert len(account.asked) == 1


def test_a_call_is_printed_as_a_shell_takes_it():
    call = Call(
        service="application-autoscaling",
        operation="register_scalable_target",
        region="us-west-2",
        parameters={"ResourceId": "service/it's"},
    )

    assert call.command == (
        "aws application-autoscaling register-scalable-target --region us-west-2 "
        """--cli-input-json '{"ResourceId":"service/it'"'"'s"}'"""
    )
