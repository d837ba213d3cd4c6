"""What workflows of GitHub may do in an account, and under which conditions."""

import fnmatch

import pytest

from ops.delivery.branches import branch_instance
from tests.infrastructure.synthesized import as_list

REVIEW, BRANCHES = "GitHubStack/Roles/Review", "GitHubStack/Roles/Branches"


@pytest.fixture(scope="module")
def dev(platforms):
    return platforms["dev"]


def trust(dev, role):
    [statement] = dev.at(role).properties["AssumeRolePolicyDocument"]["Statement"]
    return statement


def may(dev, role):
    return {(each.action, each.resource) for each in dev.permissions if each.role == role}


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        pytest.param(REVIEW, "repo:example/kindred:pull_request", id="any pull request may look"),
        pytest.param(
            BRANCHES,
            [
                "repo:example/kindred:environment:branches",
                "repo:example/kindred:environment:branch-expiry",
            ],
            id="others wait for people or for the night",
        ),
    ],
)
def test_a_role_is_one_repositorys_for_one_purpose(dev, role, subject):
    statement = trust(dev, role)

    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": subject,
        }
    }


def test_a_pull_request_may_look_and_nothing_else(dev):
    [(action, resource)] = may(dev, REVIEW)

    assert action == "sts:AssumeRole"
    assert "-lookup-role-" in resource


def test_a_branch_has_its_own_names_and_not_those_of_the_account(dev):
    """Of everything that can be named: neither dev's own nor another environment's."""
    slug = f"{branch_instance('feature/search')}-dev"
    patterns = [
        resource.rpartition(":")[2].partition("/")[2]
        for action, resource in may(dev, BRANCHES)
        if action.split(":")[0] in ("cloudformation", "dynamodb", "sagemaker") and resource != "*"
    ]

    assert patterns
    for pattern in patterns:
        lower = pattern.lower()
        assert fnmatch.fnmatch(f"kindred-{slug}-data", lower), pattern
        for other in ("dev", "staging", "prod", "pr1-staging"):
            assert not fnmatch.fnmatch(f"kindred-{other}-data", lower), (pattern, other)


def test_a_branch_may_not_change_who_may_do_what(dev):
    actions = {action for action, _ in may(dev, BRANCHES)}

    assert not [each for each in actions if each.startswith(("iam:", "organizations:"))]


def branch_statements(dev, *actions):
    [policy] = [
        each
        for each in dev.of_type("AWS::IAM::Policy", stack="GitHubStack")
        if BRANCHES.rpartition("/")[2] in each.path
    ]
    return [
        each
        for each in policy.properties["PolicyDocument"]["Statement"]
        if any(action.startswith(actions) for action in as_list(each["Action"]))
    ]


def test_a_branch_removes_the_certificates_that_carry_its_environments_tag(dev):
    [deletes] = branch_statements(dev, "acm:DeleteCertificate")
    [tags] = branch_statements(dev, "acm:AddTagsToCertificate")

    own = {"aws:ResourceTag/Environment": "b*-dev"}
    assert deletes["Condition"] == {"StringLike": own}
    assert tags["Condition"] == {
        "StringLike": {"aws:RequestTag/Environment": "b*-dev"},
        "StringLikeIfExists": own,
    }, "no certificate of another environment becomes a branch's"


def test_keys_open_through_s3_and_dynamodb_alone(dev):
    statements = branch_statements(dev, "kms:")

    assert len(statements) == 1
    assert statements[0]["Condition"]["StringEquals"]["kms:ViaService"] == [
        "dynamodb.us-east-1.amazonaws.com",
        "s3.us-east-1.amazonaws.com",
    ]
