"""What the experiments service is told, and where its secrets come from."""

import json

import pytest

from tests.infrastructure.synthesized import ROOT, container


@pytest.fixture
def experiments(platform):
    """Settings by name, and where each secret comes from."""
    _, only = container(platform, "Experiments")

    def named(each, key):
        return platform.named(each[key], stack="ApiStack")

    return (
        {each["Name"]: named(each, "Value") for each in only["Environment"]},
        {each["Name"]: named(each, "ValueFrom") for each in only["Secrets"]},
    )


def test_every_secret_of_the_experiments_service_is_a_reference(experiments):
    settings, secrets = experiments

    assert secrets == {
        "AUDIT_HMAC_SECRET": "DataStack/Secrets/Audit",
        "CLIENT_KEY": "DataStack/Secrets/ClientKey",
        "DATABASE_LOGIN": "DataStack/Database/Login",
        "REDIS_PASSWORD": "DataStack/Cache/Password:password::",
        "SECRET_KEY": "DataStack/Secrets/Session",
    }
    assert settings.keys().isdisjoint(secrets)


def test_the_addresses_of_database_and_cache_hold_no_password(environment, experiments):
    settings, _ = experiments
    cluster = "?cluster=true" if environment.sizes.cache.shards > 1 else ""

    assert settings["DATABASE_URL"].startswith("postgresql://DataStack/Database:")
    assert settings["DATABASE_URL"].endswith("/kindred")
    assert settings["REDIS_URL"] == f"rediss://kindred@DataStack/Cache:DataStack/Cache{cluster}"


def test_reads_that_may_lag_go_to_the_reader(platform):
    _, only = container(platform, "Experiments")
    urls = {each["Name"]: json.dumps(each["Value"]) for each in only["Environment"]}

    assert "ReadEndpoint" in urls["DATABASE_REPLICA_URL"]
    assert "ReadEndpoint" not in urls["DATABASE_URL"]


def test_the_experiments_service_starts_with_the_settings_it_reads(environment, experiments):
    from experiments_service.settings import read_settings

    settings, secrets = experiments
    # What only a deployed database, cache and secret can say.
    deployed = {
        **dict.fromkeys(("DATABASE_URL", "DATABASE_REPLICA_URL"), "postgresql://db:5433/k"),
        "DATABASE_LOGIN": '{"username": "kindred_1", "password": "secret"}',
        "REDIS_URL": "rediss://kindred@cache:6380",
    }

    read = read_settings({**settings, **dict.fromkeys(secrets, "s" * 64), **deployed})

    assert read.service_name == "experiments_service"
    assert read.counters_table == "DataStack/CounterTables/Counters"
    assert read.event_stream == "StreamingStack/Events"
    assert read.definitions_bucket == "DataStack/DefinitionsBucket"
    assert read.approvals_required == environment.approvals.required


def test_a_second_person_approves_in_production_alone(platforms):
    from stacks.environment_file import load_environment

    asked = {name for name in platforms if load_environment(name).approvals.required}

    assert asked == {"prod"}


def test_the_experiments_service_installs_its_own_lock(platform):
    [image] = [
        each
        for each in json.loads(
            platform.template_files["ApiStack"]
            .with_suffix("")
            .with_suffix(".assets.json")
            .read_text()
        )["dockerImages"].values()
        if each["source"].get("dockerBuildArgs", {}).get("SERVICE") == "experiments_service"
    ]
    lock = image["source"]["dockerBuildArgs"]["REQUIREMENTS"]

    assert (ROOT / "service_src" / lock).is_file()
