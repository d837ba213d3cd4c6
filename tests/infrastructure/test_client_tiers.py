"""How much each caller may send: the operator, and the clients of each tier."""

import pytest

from stacks.yaml_file import InvalidFile
from tests.infrastructure.choices import changed


def plans(platform):
    """By name: requests a second, at once and a day, and whose keys it has."""
    found = {}
    for plan in platform.of_type("AWS::ApiGateway::UsagePlan", stack="ApiStack"):
        holders = {
            platform.at(platform.named(each.properties["KeyId"], stack="ApiStack")).properties[
                "Description"
            ]
            for each in platform.of_type("AWS::ApiGateway::UsagePlanKey", stack="ApiStack")
            if platform.named(each.properties["UsagePlanId"], stack="ApiStack") == plan.path
        }
        throttle = plan.properties["Throttle"]
        quota = plan.properties.get("Quota")
        found[plan.path.rpartition("/")[2].removesuffix("Plan")] = (
            (throttle["RateLimit"], throttle["BurstLimit"], quota and quota["Limit"]),
            holders,
        )
    return found


def test_the_stage_and_the_operators_plan_have_the_sizes_limits(environment, platform):
    throttle = environment.sizes.api
    [stage] = platform.of_type("AWS::ApiGateway::Stage", stack="ApiStack")
    [settings] = stage.properties["MethodSettings"]

    assert settings["ThrottlingRateLimit"] == throttle.rate_per_second
    assert settings["ThrottlingBurstLimit"] == throttle.burst
    assert plans(platform)["Default"] == (
        (throttle.rate_per_second, throttle.burst, throttle.daily_quota),
        {"Of the operator"},
    )


def test_each_tier_has_its_limits_and_each_client_a_key_of_its_own(mixed):
    assert {name: plan for name, plan in plans(mixed).items() if name != "Default"} == {
        "Trial": ((1, 2, 100), {"Of acme, of the tier trial"}),
        "Partner": (
            (10, 20, None),
            {"Of globex, of the tier partner", "Of initech, of the tier partner"},
        ),
    }


def test_a_key_is_of_its_tier_so_that_none_is_ever_in_two_plans(mixed):
    names = {
        each.path.rpartition("/")[2]
        for each in mixed.of_type("AWS::ApiGateway::ApiKey", stack="ApiStack")
    }

    assert {"TrialAcmeClient", "PartnerGlobexClient", "PartnerInitechClient"} < names


def test_every_plan_is_of_the_one_stage(mixed):
    for plan in mixed.of_type("AWS::ApiGateway::UsagePlan", stack="ApiStack"):
        [stage] = plan.properties["ApiStages"]
        assert mixed.named(stage["ApiId"], stack="ApiStack") == "ApiStack/Api"


def test_no_key_is_in_a_template(mixed):
    for key in mixed.of_type("AWS::ApiGateway::ApiKey"):
        assert "Value" not in key.properties


def test_outputs_name_plans_and_keys_by_tier_and_client(mixed):
    outputs = mixed.templates["ApiStack"]["Outputs"].keys()

    assert {
        *("TrialUsagePlanId", "PartnerUsagePlanId"),
        *("AcmeApiKeyId", "GlobexApiKeyId", "InitechApiKeyId"),
    } <= outputs


def tier(**changes):
    return {"rate_per_second": 1, "burst": 2, **changes}


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        pytest.param(
            {"gold": tier(rate_per_second=1000)},
            "api.client_tiers.gold.rate_per_second: given 1000, allowed 1 to 10",
            id="more than the stage lets in",
        ),
        pytest.param({"gold": tier(burst=21)}, "burst: given 21, allowed 1 to 20", id="a burst"),
        pytest.param({"default": tier()}, "default, which every environment has", id="our name"),
        pytest.param(
            {"gold": tier(clients=["acme"]), "iron": tier(clients=["acme"])},
            "given acme twice",
            id="a client of two tiers",
        ),
        pytest.param({"gold": {"burst": 1}}, "rate_per_second", id="no rate"),
    ],
)
def test_a_tier_that_could_not_hold_is_refused(tiers, message):
    with pytest.raises(InvalidFile, match=message):
        changed("dev", api={"client_tiers": tiers})
