"""Who may change which endpoint, ask it, and hand which role to SageMaker."""

from tests.infrastructure.models import CONTAINERS, MACHINE_ROLE, rollout
from tests.infrastructure.models import retraining as retraining_roles
from tests.infrastructure.synthesized import as_list

RECONCILER = rollout("Reconcile")
CHANGES = (
    *("CreateEndpoint", "DeleteEndpoint", "UpdateEndpoint"),
    "UpdateEndpointWeightsAndCapacities",
)


# People's changes reach an account by these, under names of branches that are no environment's.
DELIVERING = ("GitHubStack/", "PipelineStack/")


def at_work(platform):
    """What the platform itself may do."""
    return [each for each in platform.permissions if not each.role.startswith(DELIVERING)]


def arn(kind, name):
    return f"arn:aws:sagemaker:us-east-1:<AWS::AccountId>:{kind}/{name}"


def allowed(platform, *actions):
    """(role, resource) of every permission of these actions of SageMaker."""
    wanted = {f"sagemaker:{action}" for action in actions}
    return {(each.role, each.resource) for each in at_work(platform) if each.action in wanted}


def statements(platform, action):
    return [
        (policy, statement)
        for policy in platform.of_type("AWS::IAM::Policy")
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if action in as_list(statement["Action"])
    ]


def test_the_reconciler_changes_what_serves_and_retraining_its_own_staging_endpoint(
    environment, platform
):
    prefix = f"kindred-{environment.slug}"
    changes = {
        (role, resource)
        for role, resource in allowed(platform, *CHANGES)
        if ":endpoint/" in resource
    }

    [reconciler] = RECONCILER
    serving = {(reconciler, arn("endpoint", f"{prefix}-embeddings"))}
    staging = {
        (role, arn("endpoint", f"{prefix}-staging"))
        for role in retraining_roles("StageModel", "RemoveStaging")
    }
    assert changes == serving | staging


def test_retraining_makes_its_endpoint_and_removes_it_and_shifts_nothing(platform):
    shifting = allowed(platform, "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities")

    assert {role for role, _ in shifting} == RECONCILER


def test_models_and_configurations_are_changed_by_whom_their_endpoint_belongs_to(
    environment, platform
):
    prefix = f"kindred-{environment.slug}"
    changes = allowed(
        platform,
        *("CreateModel", "DeleteModel", "CreateEndpointConfig", "DeleteEndpointConfig"),
    )

    for role, resource in changes:
        endpoint = "embeddings" if role in RECONCILER else "staging"
        assert resource in {
            arn(kind, f"{prefix}-{endpoint}-*") for kind in ("model", "endpoint-config")
        }


def test_nobody_may_do_anything_to_every_endpoint(platform):
    of_models = [each for each in at_work(platform) if each.action.startswith("sagemaker:")]

    assert of_models
    assert {each.action for each in of_models if each.resource == "*"} == {
        "sagemaker:ListModelPackages"
    }
    assert not [
        each for each in of_models if ":endpoint/" in each.resource and "*" in each.resource
    ]


def test_production_is_asked_by_the_inference_function_alone(environment, platform):
    prefix = f"kindred-{environment.slug}"

    assert allowed(platform, "InvokeEndpoint") == {
        *((role, arn("endpoint", f"{prefix}-embeddings")) for role in rollout("Inference")),
        *((role, arn("endpoint", f"{prefix}-staging")) for role in retraining_roles("TestStaging")),
    }


def test_roles_are_passed_to_sagemaker_alone_and_are_those_of_its_containers(platform):
    passing = statements(platform, "iam:PassRole")

    assert passing
    for policy, statement in passing:
        assert statement["Condition"] == {
            "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
        }, policy.path
        assert platform.named(statement["Resource"], stack=policy.stack) in CONTAINERS


def test_no_other_permission_of_iam_is_given_but_for_scalings_own_role(platform):
    of_iam = {
        (each.role, each.action) for each in platform.permissions if each.action.startswith("iam:")
    }
    [(policy, statement)] = statements(platform, "iam:CreateServiceLinkedRole")

    assert {action for _, action in of_iam} == {"iam:PassRole", "iam:CreateServiceLinkedRole"}
    service = "sagemaker.application-autoscaling.amazonaws.com"
    assert statement["Condition"] == {"StringEquals": {"iam:AWSServiceName": service}}
    resource = platform.named(statement["Resource"], stack=policy.stack)
    assert resource.endswith(f"{service}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint")


def test_a_grant_of_the_key_is_for_volumes_that_aws_makes(platform):
    for policy, statement in statements(platform, "kms:CreateGrant"):
        assert statement["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        assert platform.named(statement["Resource"], stack=policy.stack) == "DataStack/DataKey"


def test_scaling_is_of_sagemaker_alone(platform):
    for _, statement in statements(platform, "application-autoscaling:RegisterScalableTarget"):
        assert statement["Condition"] == {
            "StringEquals": {"application-autoscaling:service-namespace": "sagemaker"}
        }


def test_no_role_changes_permissions_and_none_but_those_of_models_passes_one(platform):
    services = {permission.action.partition(":")[0] for permission in at_work(platform)}
    by = {each.role for each in at_work(platform) if each.action.startswith("iam:")}

    assert services.isdisjoint({"sts", "organizations"})
    assert by == {
        *rollout("Reconcile"),
        *retraining_roles("StageModel"),
        MACHINE_ROLE,
    }
