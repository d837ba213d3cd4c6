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
        experiment_id="e", status="active", v1_weight=0.3
    )


def test_no_record_is_no_experiment(table):
    assert table.embedding_experiment("e") is None


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        pytest.param({}, "v1_weight: given nothing", id="no weight"),
        pytest.param({"v1_weight": {"S": "half"}}, "v1_weight: given", id="a weight in words"),
        pytest.param({"v1_weight": {"N": "7"}}, "given 7.0, allowed 0 to 1", id="too heavy"),
        pytest.param({"v1_weight": {"N": "1"}, "winner": {"S": "v9"}}, "winner", id="odd winner"),
    ],
)
def test_a_record_that_cannot_be_obeyed_says_why(dynamodb, table, attributes, message):
    put(dynamodb, **attributes)

    with pytest.raises(InvalidExperiment, match=message):
        table.embedding_experiment("e")
