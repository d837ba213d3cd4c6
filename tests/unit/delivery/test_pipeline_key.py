"""A pipeline that cannot be meant is refused with its file, its key and what is allowed."""

import json

import pytest
import yaml

from stacks.environment_file import DIRECTORY, parse_environment
from stacks.yaml_file import InvalidFile

STAGING, PROD = {"environment": "staging"}, {"environment": "prod"}


def parsed(**pipeline):
    document = yaml.safe_load((DIRECTORY / "prod.yaml").read_text())
    document["pipeline"] = {"repository": "example/kindred", **pipeline}
    return parse_environment(json.dumps(document), file="prod.yaml")


@pytest.mark.parametrize(
    ("pipeline", "said"),
    [
        pytest.param(
            {"stages": [PROD, STAGING]},
            "pipeline.stages: given staging as the last, allowed prod",
            id="it ends elsewhere",
        ),
        pytest.param(
            {"stages": [STAGING, STAGING, PROD]},
            "stages: given staging, staging, prod, allowed each environment once",
            id="a stage twice",
        ),
        pytest.param({"stages": []}, "pipeline.stages: given", id="no stage"),
        pytest.param(
            {"stages": [PROD], "repository": "kindred"},
            'pipeline.repository: given "kindred"',
            id="a repository without its owner",
        ),
        pytest.param(
            {"stages": [{**PROD, "account": "123"}]},
            "pipeline.stages.0.account: given",
            id="an account of three digits",
        ),
        pytest.param(
            {"stages": [{**PROD, "load_test": {"minutes": 0}}]},
            "pipeline.stages.0.load_test.minutes: given 0, allowed 1 or more",
            id="a load test of no time",
        ),
        pytest.param(
            {"stages": [{**PROD, "approve": True}]},
            "pipeline.stages.0.approve: unknown key",
            id="a key that is not known",
        ),
    ],
)
def test_a_wrong_pipeline_is_refused(pipeline, said):
    with pytest.raises(InvalidFile) as refused:
        parsed(**pipeline)

    assert said in str(refused.value)


def test_a_pipeline_of_one_stage_is_a_pipeline():
    [stage] = parsed(stages=[PROD]).pipeline.stages

    assert (stage.approval, stage.rollback, stage.load_test) == (False, False, None)
