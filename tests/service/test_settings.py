import pytest

from kindred_service.settings import InvalidSettings, read_settings

COMPLETE = {
    "ENVIRONMENT": "dev",
    "SERVICE_NAME": "similarity",
    "METRICS_NAMESPACE": "Kindred",
    "EMBEDDINGS_BUCKET": "bucket",
    "EXPERIMENTS_TABLE": "experiments",
    "METRICS_TABLE": "metrics",
    "REQUEST_LOG_TABLE": "log",
    "KINESIS_STREAM_NAME": "events",
    "PSEUDONYM_SECRET_ARN": "pseudonyms",
    "EMBEDDING_EXPERIMENT_ID": "embedding_v1_vs_v2",
    "VALKEY_HOST": "localhost",
    "VALKEY_PORT": "6379",
    "VALKEY_USERNAME": "kindred",
    "VALKEY_PASSWORD": "hunter2",
}


def test_port_and_log_level_have_defaults():
    settings = read_settings(COMPLETE)

    assert (settings.port, settings.log_level) == (8000, "INFO")


def test_every_process_writes_metrics_under_its_own_name():
    assert read_settings(COMPLETE).task_id != read_settings(COMPLETE).task_id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"EMBEDDINGS_BUCKET": ""}, "EMBEDDINGS_BUCKET: not set"),
        ({"PORT": "eighty"}, "PORT: given 'eighty', allowed 1 to 65535"),
        ({"VALKEY_PORT": "70000"}, "VALKEY_PORT: given '70000', allowed 1 to 65535"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: given 'loud', allowed DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_allowed(change, message):
    with pytest.raises(InvalidSettings, match=message):
        read_settings(COMPLETE | change)


def test_all_problems_are_named_at_once():
    with pytest.raises(InvalidSettings, match=r"ENVIRONMENT: not set; SERVICE_NAME: not set"):
        read_settings({})


def test_the_password_is_never_shown():
    assert "hunter2" not in repr(read_settings(COMPLETE))
