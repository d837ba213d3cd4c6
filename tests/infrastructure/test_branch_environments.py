"""A branch's environment goes whole: no stack before those that need it."""

import pytest

from ops.delivery.branch_commands import ORDER
from ops.delivery.branches import deletion_order

STAGE = "Kindred-dev"


@pytest.fixture(scope="module")
def needs(platforms):
    """By the name of a stack, the names of those that it needs."""
    artifacts = platforms["dev"].manifest["artifacts"]
    names = {
        key: artifact["properties"]["stackName"]
        for key, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    return {
        name: {names[each] for each in artifacts[key]["dependencies"] if each in names}
        for key, name in names.items()
    }


@pytest.mark.parametrize("backwards", [False, True])
def test_no_stack_goes_before_those_that_need_it(needs, backwards):
    """However CloudFormation lists them."""
    names = sorted(needs, reverse=backwards)

    ordered = deletion_order(names, STAGE, ORDER)

    assert sorted(ordered) == sorted(names)
    early = [
        (needed, name)
        for name, others in needs.items()
        for needed in others
        if ordered.index(needed) < ordered.index(name)
    ]
    assert early == []
