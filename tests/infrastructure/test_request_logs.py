"""How much of what is answered is logged, by the environment's own figures."""

from tests.infrastructure.synthesized import container

SERVICES = ("Similarity", "Prediction", "Experiments")


def test_services_log_the_share_that_their_environment_names(environment, platform):
    for service in SERVICES:
        _, task = container(platform, service)
        values = {each["Name"]: each["Value"] for each in task["Environment"]}

        assert float(values["LOG_SAMPLE_PERCENT"]) == environment.logs.sample_percent
        assert float(values["LOG_SLOW_MS"]) == environment.logs.slow_ms


def test_production_keeps_one_line_in_a_hundred(platforms):
    _, task = container(platforms["prod"], "Similarity")

    assert {"Name": "LOG_SAMPLE_PERCENT", "Value": "1"} in task["Environment"]
