"""Who approves a release reads in one line what it does, the gravest first."""

import pytest

from ops.delivery.changes import LONGEST_SUMMARY, stack_changes, summary

TABLE = {"Type": "AWS::DynamoDB::GlobalTable", "DeletionPolicy": "Retain", "Properties": {"A": 1}}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {}}


def changed(before, after):
    deployed = None if before is None else {"Resources": before}
    return stack_changes("DataStack", deployed=deployed, wanted={"Resources": after})


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        pytest.param({"T": TABLE}, {"T": TABLE}, "changes nothing", id="nothing"),
        pytest.param(
            {"T": TABLE}, {}, "REMOVES STATE: DataStack/T; DataStack: -1", id="state goes"
        ),
        pytest.param(
            {"T": TABLE},
            {"T": {**TABLE, "DeletionPolicy": "Delete"}},
            "changes what holds state: DataStack/T; DataStack: ~1",
            id="a guard of state goes",
        ),
        pytest.param(
            {}, {"R": ROLE}, "changes 1 permissions or security groups; DataStack: +1", id="a role"
        ),
        pytest.param(None, {"T": TABLE}, "DataStack: new, 1 resources", id="a new stack"),
        pytest.param(
            {"T": {**TABLE, "Metadata": {"aws:cdk:path": "old"}}},
            {"T": {**TABLE, "Metadata": {"aws:cdk:path": "new"}}},
            "changes nothing",
            id="where it stands in our code is no change",
        ),
    ],
)
def test_a_change_is_told(before, after, told):
    assert summary("tag", [changed(before, after)]) == f"release tag; {told}"


def test_a_summary_fits_into_an_approval_and_keeps_what_is_grave():
    before = {f"Table{number:03d}": TABLE for number in range(300)}

    told = summary("tag", [changed(before, {})])

    assert len(told) == LONGEST_SUMMARY
    assert told.startswith("release tag; REMOVES STATE: DataStack/Table000")
