"""What /inference refuses before any model is asked."""

import pytest

from tests.unit.rollout_functions.inference_calls import FEATURES, emitted


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"user_id": ""}, "/user_id", id="nobody"),
        pytest.param({"user_id": "a b"}, "/user_id", id="a blank in an id"),
        pytest.param({"features": {}}, "/features/name", id="no name"),
        pytest.param({"features": {**FEATURES, "price": 1}}, "/features/price", id="unknown"),
        pytest.param(
            {"features": {**FEATURES, "pricing": "cheap"}}, "/features/pricing", id="a pricing"
        ),
        pytest.param(
            {"features": {**FEATURES, "features": ["a"] * 51}}, "/features/features", id="too many"
        ),
        pytest.param(
            {"features": {**FEATURES, "features": ["a", ""]}}, "/features/features/1", id="an empty"
        ),
        pytest.param({"top_k": 0}, "/top_k", id="none asked for"),
        pytest.param({"top_k": 101}, "/top_k", id="too many asked for"),
        pytest.param({"target_variant": "-a"}, "/target_variant", id="no variant's name"),
    ],
)
def test_a_request_that_does_not_fit_never_reaches_the_model(
    send, sagemaker, capsys, changes, pointer
):
    status, problem, _ = send(**changes)

    assert status == 422
    assert problem["errors"][0]["pointer"] == pointer
    assert sagemaker.asked == []
    assert emitted(capsys) == []
