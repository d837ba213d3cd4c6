import pytest

from kindred.experiments.bucketing import pick_arm
from kindred.experiments.embedding_experiment import (
    EmbeddingExperiment,
    InvalidExperiment,
    control_only,
)


def experiment(**changes):
    values = {"experiment_id": "e", "status": "active", "control_weight": 0.5, "winner": None}
    return EmbeddingExperiment(**values | changes)


@pytest.mark.parametrize(
    ("state", "remembered", "expected"),
    [
        pytest.param({}, None, pick_arm("p", "a", 0.5), id="active assigns by hash"),
        pytest.param({}, "v1", "v1", id="active keeps a remembered v1"),
        pytest.param({}, "v2", "v2", id="active keeps a remembered v2"),
        pytest.param({"control_weight": 0.0}, "v1", "v2", id="an arm without weight keeps nobody"),
        pytest.param({"control_weight": 1.0}, "v2", "v1", id="a full arm takes everybody"),
        pytest.param({}, "v7", pick_arm("p", "a", 0.5), id="an unknown memory is ignored"),
        pytest.param({"status": "stopped"}, "v2", "v1", id="stopped gives the control"),
        pytest.param(
            {"status": "completed", "winner": "v2"}, "v1", "v2", id="completed gives its winner"
        ),
    ],
)
def test_the_arm_of_a_unit(state, remembered, expected):
    assert experiment(**state).assign(partner_id="p", app_id="a", remembered=remembered) == expected


@pytest.mark.parametrize("app", list("abcdefgh"))
@pytest.mark.parametrize(("control", "treatment"), [("v2", "v3"), ("v3", "v4"), ("v9", "v10")])
def test_a_later_pair_of_models_splits_units_by_the_same_hash(app, control, treatment):
    later = experiment(control=control, treatment=treatment, control_weight=0.4)
    expected = {"v1": control, "v2": treatment}[pick_arm("p", app, 0.4)]

    assert later.assign(partner_id="p", app_id=app, remembered=None) == expected


def test_a_later_pair_forgets_an_arm_it_does_not_have():
    later = experiment(control="v2", treatment="v3", control_weight=1.0)

    assert later.assign(partner_id="p", app_id="a", remembered="v1") == "v2"


def test_without_a_record_everybody_is_on_the_control():
    arms = {
        control_only("e").assign(partner_id="p", app_id=str(i), remembered=None) for i in range(200)
    }

    assert arms == {"v1"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"status": "paused"}, "status: given 'paused', allowed active, completed, stopped"),
        ({"control_weight": 1.2}, "v1_weight: given 1.2, allowed 0 to 1"),
        ({"control_weight": float("nan")}, "v1_weight: given nan, allowed 0 to 1"),
        ({"winner": "v3"}, "winner: given 'v3', allowed v1, v2"),
        ({"control": "v1000"}, "control: given 'v1000', allowed v1, v2, ... v999"),
        ({"treatment": "v02"}, "treatment: given 'v02', allowed v1, v2, ... v999"),
        ({"treatment": None}, "treatment: given None, allowed v1, v2, ... v999"),
    ],
)
def test_a_record_that_cannot_be_obeyed_says_why(change, message):
    with pytest.raises(InvalidExperiment, match=message):
        experiment(**change)
