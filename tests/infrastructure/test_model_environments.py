"""What an environment's file may say of rollouts and retraining."""

import pytest

from stacks.environment_file import parse_environment
from stacks.yaml_file import InvalidFile

FILE = """\
name: dev
tier: starter
production: {production}
regions: [us-east-1]
tags: {{team: ml, project: kindred, cost_center: "1"}}
{rest}
"""


def parsed(rest="", *, production="false"):
    return parse_environment(FILE.format(rest=rest, production=production), file="dev.yaml")


def test_without_a_word_there_is_one_endpoint_and_a_minute_is_one():
    environment = parsed()

    assert environment.rollout.endpoints == ("embeddings",)
    assert environment.rollout.minute_seconds == 60
    assert environment.retraining.spot is True


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        pytest.param(
            "rollout: {endpoints: [embeddings, staging]}",
            "given embeddings, staging, allowed different names, and not staging",
            id="the name of what retraining tries",
        ),
        pytest.param(
            "rollout: {endpoints: [ranking, ranking]}", "allowed different names", id="a name twice"
        ),
        pytest.param(
            "rollout: {endpoints: [Embeddings]}", "allowed text like", id="capitals in a name"
        ),
        pytest.param(
            "rollout: {endpoints: []}", "allowed 1 or more entries", id="no endpoint at all"
        ),
        pytest.param(
            "rollout: {minute_seconds: 15}", "given 15, allowed 5, 10, 30 or 60", id="no period"
        ),
        pytest.param(
            "retraining: {starts_at: '24:00'}", "allowed text like", id="an hour that is none"
        ),
        pytest.param(
            "retraining: {minimum_interactions: 6000000}",
            "given minimum_interactions 6000000 and maximum_interactions 5000000",
            id="more wanted than taken",
        ),
        pytest.param(
            "sizes: {endpoints: {instance_type: ml.c7g.large}}",
            "given ml.c7g.large, allowed types with x86 processors",
            id="an Arm instance",
        ),
        pytest.param(
            "sizes: {training: {instance_type: m5.large}}",
            "allowed text like",
            id="an instance that is not SageMaker's",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(rest, says):
    with pytest.raises(InvalidFile) as caught:
        parsed(rest)

    assert says in str(caught.value)


@pytest.mark.parametrize("instance", ["ml.g5.xlarge", "ml.c6i.large", "ml.m5.12xlarge"])
def test_other_processors_may_serve(instance):
    assert parsed(f"sizes: {{endpoints: {{instance_type: {instance}}}}}")


def test_in_production_a_minute_lasts_a_minute():
    with pytest.raises(InvalidFile, match=r"minute_seconds: given 5, allowed in production 60"):
        parsed("rollout: {minute_seconds: 5}", production="true")
