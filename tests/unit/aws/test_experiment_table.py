import pytest

from kindred.experiments.embedding_experiment import EmbeddingExperiment, InvalidExperiment
from kindred_aws.experiment_table import ExperimentTable


@pytest.fixture
def table(dynamodb):
    return ExperimentTable(dynamodb, table_name="ab_experiments")


def put(dynamodb, **attributes):
    dynamodb.put_item(
        TableName="ab_experiments",
        Item={"experiment_id": {"S": "e"}, "status": {"S": "active"}, **attributes},
    )


def test_an_experiment_is_read_with_its_weight(dynamodb, table):
    put(dynamodb, v1_weight={"N": "0.3"})

    assert table.embedding_experiment("e") == EmbeddingExperiment(
        experiment_id="e", status="active", control_weight=0.3
    )


def successor(dynamodb, **attributes):
    put(
        dynamodb,
        experiment_id={"S": "embedding_v2_vs_v3"},
        control={"S": "v2"},
        treatment={"S": "v3"},
        v2_weight={"N": "0.9"},
        **attributes,
    )


def test_the_last_successor_holds(dynamodb, table):
    put(dynamodb, v1_weight={"N": "0"}, succeeded_by={"S": "embedding_v2_vs_v3"})
    successor(dynamodb)

    found = table.embedding_experiment("e")

    assert found.experiment_id == "embedding_v2_vs_v3"
    assert (found.arms, found.control_weight) == (("v2", "v3"), 0.9)


def test_a_successor_without_a_record_is_passed_over(dynamodb, table):
    put(dynamodb, v1_weight={"N": "0.3"}, succeeded_by={"S": "embedding_v2_vs_v3"})

    assert table.embedding_experiment("e").experiment_id == "e"


def test_experiments_that_succeed_each_other_in_a_circle_are_refused(dynamodb, table):
    put(dynamodb, v1_weight={"N": "0.3"}, succeeded_by={"S": "e"})

    with pytest.raises(InvalidExperiment, match="more than 100 successors"):
        table.embedding_experiment("e")


def test_no_record_is_no_experiment(table):
    assert table.embedding_experiment("e") is None


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        pytest.param({}, "v1_weight: given nothing", id="no weight"),
        pytest.param({"v1_weight": {"S": "half"}}, "v1_weight: given", id="a weight in words"),
        pytest.param({"v1_weight": {"N": "7"}}, "given 7.0, allowed 0 to 1", id="too heavy"),
        pytest.param({"v1_weight": {"N": "1"}, "winner": {"S": "v9"}}, "winner", id="odd winner"),
        pytest.param(
            {"control": {"S": "v0"}, "v0_weight": {"N": "1"}}, "control", id="odd control"
        ),
        pytest.param(
            {"treatment": {"S": "v1"}, "v1_weight": {"N": "1"}},
            "is the control",
            id="against itself",
        ),
    ],
)
def test_a_record_that_cannot_be_obeyed_says_why(dynamodb, table, attributes, message):
    put(dynamodb, **attributes)

    with pytest.raises(InvalidExperiment, match=message):
        table.embedding_experiment("e")


def test_those_before_follow_the_one_that_holds(dynamodb, table):
    put(dynamodb, v1_weight={"N": "0"}, succeeded_by={"S": "embedding_v2_vs_v3"})
    successor(dynamodb)

    ids = [experiment.experiment_id for experiment in table.succession("e")]
    assert ids == ["embedding_v2_vs_v3", "e"]
    assert table.succession("nobody's") == []
