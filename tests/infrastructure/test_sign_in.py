"""Who signs in, with what, and where the hosted pages send them back to."""

import json

import pytest

from stacks.sign_in import ON_THIS_MACHINE, SignIn
from stacks.yaml_file import InvalidFile
from tests.infrastructure.choices import changed


@pytest.fixture
def pool(platform):
    return platform.at("DataStack/Users").properties


@pytest.fixture
def console(platform):
    return platform.at("DataStack/Users/Console").properties


def test_nobody_signs_up_and_production_asks_for_a_second_factor(environment, pool):
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["MfaConfiguration"] == ("ON" if environment.production else "OPTIONAL")
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["UserPoolAddOns"] == {"AdvancedSecurityMode": "ENFORCED"}
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] >= 14
    protected = pool.get("DeletionProtection", "INACTIVE")
    assert protected == ("ACTIVE" if environment.production else "INACTIVE")


def test_no_client_has_a_secret_or_tells_who_is_known(platform):
    for client in platform.of_type("AWS::Cognito::UserPoolClient"):
        assert client.properties["GenerateSecret"] is False
        assert client.properties["PreventUserExistenceErrors"] == "ENABLED"
        assert client.properties["EnableTokenRevocation"] is True
        flows = client.properties.get("ExplicitAuthFlows", [])
        assert "ALLOW_USER_PASSWORD_AUTH" not in flows


def test_the_console_gets_tokens_for_a_code_alone(console):
    """No token is in an address. The console begins with PKCE's challenge, which binds the code."""
    assert console["AllowedOAuthFlows"] == ["code"]
    assert console["AllowedOAuthFlowsUserPoolClient"] is True
    assert set(console["AllowedOAuthScopes"]) == {"openid", "email", "profile"}
    assert console["SupportedIdentityProviders"] == ["COGNITO"]


def test_a_page_cannot_send_passwords_for_somebody(console):
    assert "ALLOW_ADMIN_USER_PASSWORD_AUTH" not in console.get("ExplicitAuthFlows", [])


def test_programs_client_has_no_hosted_pages(platform):
    client = platform.at("DataStack/Users/Client").properties

    assert client["AllowedOAuthFlowsUserPoolClient"] is False


def test_people_come_back_to_known_addresses_alone(console):
    assert console["CallbackURLs"] == console["LogoutURLs"] == [ON_THIS_MACHINE]


def test_services_take_tokens_of_programs_and_of_the_console(platform):
    [container] = [
        each
        for each in platform.at("ApiStack/Experiments/Task").properties["ContainerDefinitions"]
        if each["Name"] == "experiments_service"
    ]
    settings = {
        each["Name"]: platform.named(each["Value"], stack="ApiStack")
        for each in container["Environment"]
    }

    assert settings["COGNITO_CLIENT_ID"] == "DataStack/Users/Client"
    assert settings["COGNITO_CONSOLE_CLIENT_ID"] == "DataStack/Users/Console"


def test_the_prefix_of_the_hosted_pages_is_nobody_elses(environment, platform):
    domain = platform.at("DataStack/Users/Domain").properties["Domain"]

    assert domain["Fn::Join"][1][0] == f"kindred-{environment.slug}-"
    assert "AWS::StackId" in json.dumps(domain)


@pytest.mark.parametrize(
    ("given", "console_name", "addresses"),
    [
        pytest.param((), None, (ON_THIS_MACHINE,), id="nothing known: this machine"),
        pytest.param(
            (), "console.x.example", ("https://console.x.example/",), id="a domain: the console"
        ),
        pytest.param(
            ("https://d1.cloudfront.net/", "http://localhost:5173/"),
            "console.x.example",
            (
                *("https://console.x.example/", "https://d1.cloudfront.net/"),
                "http://localhost:5173/",
            ),
            id="a domain and more",
        ),
        pytest.param(
            ("https://console.x.example/",),
            "console.x.example",
            ("https://console.x.example/",),
            id="the console once more",
        ),
    ],
)
def test_addresses_are_the_consoles_and_those_given(given, console_name, addresses):
    assert SignIn(callback_urls=given).addresses(console_name=console_name) == addresses


@pytest.mark.parametrize(
    ("name", "sign_in", "message"),
    [
        pytest.param(
            "prod", {"second_factor": "off"}, "given off, allowed in production", id="off"
        ),
        pytest.param("dev", {"second_factor": "sms"}, "second_factor", id="an unknown factor"),
        pytest.param("dev", {"callback_urls": ["http://x.example/"]}, "callback_urls", id="no TLS"),
        pytest.param("dev", {"callback_urls": ["https://x/#a"]}, "callback_urls", id="a fragment"),
        pytest.param("dev", {"domain_prefix": "my-aws"}, "domain_prefix", id="AWS's own word"),
    ],
)
def test_what_cognito_or_production_would_not_take_is_refused(name, sign_in, message):
    with pytest.raises(InvalidFile, match=message):
        changed(name, sign_in=sign_in)
