import pytest

from kindred.stage_names import is_of_stage


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        pytest.param("Kindred-dev-ApiStack-Log1", True, id="a stack of the stage"),
        pytest.param("Kindred-dev-staging-ApiStack-Log1", False, id="an instance called dev"),
        pytest.param("Kindred-dev-eu-west-1-ApiStack-Log1", False, id="another region's stage"),
        pytest.param("Kindred-devApiStack", False, id="no stage at all"),
        pytest.param("Kindred-dev-", False, id="nothing"),
    ],
)
def test_a_name_belongs_to_the_stage_whose_stack_made_it(name, ours):
    assert is_of_stage(name, "Kindred-dev") is ours
