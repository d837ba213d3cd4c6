"""The rules that deployments move stay as they are, letter by letter.

ECS moves the weights of a rule while it deploys, and leaves them at whichever of the two target
groups the new tasks are in. CloudFormation puts the weights back as the template has them whenever
anything of the rule changes, its tags included: requests would go to the group that may be empty.
`listener_rules/<environment>.json` is the record. A change that is meant is recorded by
`python -m tests.infrastructure.test_routing`, and deployed as docs/routing.md says.
"""

import json
from pathlib import Path

import pytest

from tests.infrastructure.synthesized import Synthesized, every_environment

RECORDS = Path(__file__).parent / "listener_rules"
RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"
# Of the others, the properties of which CloudFormation says "Update requires: Replacement".
FROZEN = {
    "ListenerRule": None,
    "TargetGroup": {
        *("IpAddressType", "Name", "Port", "Protocol", "ProtocolVersion", "TargetType", "VpcId"),
    },
    "Listener": {"LoadBalancerArn"},
    "LoadBalancer": {"Name", "Scheme", "Type"},
}
NAMES = ("Similarity", "Prediction", "Experiments")


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def frozen(platform: Synthesized) -> dict[str, object]:
    """By `stack/logical id`, in both regions, since another id is another resource.

    All of a rule, and of what it refers to whatever would make that anew.
    """
    return {
        f"{each.stack}/{each.logical_id}": {
            key: value for key, value in each.properties.items() if keys is None or key in keys
        }
        for region in (platform, platform.elsewhere)
        for kind, keys in FROZEN.items()
        for each in region.of_type(f"AWS::ElasticLoadBalancingV2::{kind}")
    }


def recorded(environment: str) -> dict[str, object]:
    return dict(json.loads((RECORDS / f"{environment}.json").read_text()))


def test_rules_are_as_recorded(environment, platform):
    assert frozen(platform) == recorded(environment.name), (
        "a rule's weights would be put back: see docs/routing.md before you record it"
    )


def test_rules_live_where_little_changes(platform):
    """A stack that every release changes would risk a rule with each."""
    released = {"AWS::ECS::TaskDefinition", "AWS::ECS::Service", "AWS::Lambda::Function"}
    kinds = {each.type for each in platform.resources if each.stack == "RoutingStack"}

    assert {each.stack for each in platform.of_type(RULE)} == {"RoutingStack"}
    assert kinds & released == set()


def test_nothing_of_a_rule_names_a_resource_of_another_stack(platform):
    """What another stack makes anew would change the rule."""
    for rule in platform.of_type(RULE):
        assert "Fn::GetStackOutput" not in json.dumps(rule.properties), rule.path


def test_a_rule_sends_all_to_one_of_two_like_groups(platform, name):
    rule = platform.at(f"RoutingStack/{name}/Rule").properties
    [action] = rule["Actions"]
    weights = [
        (platform.named(each["TargetGroupArn"], stack="RoutingStack"), each["Weight"])
        for each in action["ForwardConfig"]["TargetGroups"]
    ]
    primary, alternate = (platform.at(path).properties for path, _ in weights)

    assert weights == [
        (f"RoutingStack/{name}/Primary", 100),
        (f"RoutingStack/{name}/Alternate", 0),
    ]
    assert primary == alternate


def test_services_read_paths_without_the_gateways_stage(platform, name):
    rule = platform.at(f"RoutingStack/{name}/Rule").properties

    [transform] = rule["Transforms"]
    assert transform["UrlRewriteConfig"] == {
        "Rewrites": [{"Regex": "^/public/(.*)$", "Replace": "/$1"}]
    }


def test_no_rule_takes_what_another_services_rule_should_have(platform):
    """The first that matches by priority takes a request; the broadest comes last."""
    by_priority = sorted(
        (each.properties["Priority"], each.path) for each in platform.of_type(RULE)
    )

    assert by_priority[-1][1] == "RoutingStack/Experiments/Rule"


if __name__ == "__main__":
    with every_environment() as found:
        for each, platform in found.items():
            text = json.dumps(frozen(platform), indent=2)
            (RECORDS / f"{each}.json").write_text(f"{text}\n")
