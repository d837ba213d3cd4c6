"""Who comes in: addresses, rates, and what AWS knows of attacks, at the edge and in the region."""

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from kindred_constructs.web_acl import EDGE, REGION, Admission, WebAcl
from tests.infrastructure.choices import changed

OPEN = Admission(requests_per_5_minutes=3_000)
CLOSED = Admission(
    allow_ips=("198.51.100.0/24", "2001:db8::/32"),
    block_ips=("203.0.113.7/32",),
    requests_per_5_minutes=3_000,
)
# What clients rightly send, and a rule of AWS takes for an attack.
COUNTED = {"SizeRestrictions_BODY", "CrossSiteScripting_BODY", "NoUserAgent_HEADER"}


def firewall(admission, *, waf_scope=REGION, secret=True):
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(region="us-east-1"))
    WebAcl(
        stack,
        "Firewall",
        waf_scope=waf_scope,
        admission=admission,
        log_key=kms.Key(stack, "Key"),
        edge_secret=cdk.SecretValue.secrets_manager("edge") if secret else None,
    )
    return Template.from_stack(stack)


def acl(template):
    [found] = template.find_resources("AWS::WAFv2::WebACL").values()
    return found["Properties"]


def rules(template):
    """By name, in the order in which they are asked."""
    return {
        each["Name"]: each for each in sorted(acl(template)["Rules"], key=lambda r: r["Priority"])
    }


@pytest.fixture(scope="module")
def closed():
    return firewall(CLOSED)


def test_what_cloudfront_has_inspected_comes_in_before_anything_is_asked(closed):
    first = next(iter(rules(closed).values()))
    match = first["Statement"]["ByteMatchStatement"]

    assert first["Action"] == {"Allow": {}}
    assert match["FieldToMatch"] == {"SingleHeader": {"Name": "x-kindred-edge"}}
    assert match["PositionalConstraint"] == "EXACTLY"
    assert match["SearchString"] == "{{resolve:secretsmanager:edge:SecretString:::}}"


def test_at_the_edge_no_header_opens_anything():
    at_the_edge = rules(firewall(CLOSED, waf_scope=EDGE, secret=False))

    assert not [each for each in at_the_edge.values() if "Allow" in each.get("Action", {})]


def test_addresses_are_asked_before_rates_and_rates_before_attacks(closed):
    assert list(rules(closed))[:4] == ["FromTheEdge", "OnlyAllowed", "Blocked", "Rate"]


def test_with_a_list_of_the_allowed_nobody_else_comes_in(closed):
    rule = rules(closed)["OnlyAllowed"]
    sets = closed.find_resources("AWS::WAFv2::IPSet")
    named = {
        each["IPSetReferenceStatement"]["Arn"]["Fn::GetAtt"][0]
        for each in rule["Statement"]["NotStatement"]["Statement"]["OrStatement"]["Statements"]
    }
    allowed = {address for name in named for address in sets[name]["Properties"]["Addresses"]}

    assert rule["Action"] == {"Block": {}}
    assert allowed == set(CLOSED.allow_ips)


def test_without_lists_everybody_may_ask(closed):
    template = firewall(OPEN)

    assert template.find_resources("AWS::WAFv2::IPSet") == {}
    assert acl(template)["DefaultAction"] == {"Allow": {}}


def test_an_address_that_asks_too_often_is_told_so_and_when_to_come_back(closed):
    rule = rules(closed)["Rate"]
    answer = rule["Action"]["Block"]["CustomResponse"]

    assert rule["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "IP",
        "EvaluationWindowSec": 300,
        "Limit": 3_000,
    }
    assert answer["ResponseCode"] == 429
    assert answer["ResponseHeaders"] == [{"Name": "retry-after", "Value": "300"}]


@pytest.mark.parametrize(
    "group",
    [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesSQLiRuleSet",
    ],
)
def test_what_aws_knows_of_attacks_is_refused(closed, group):
    rule = rules(closed)[group]
    overrides = rule["Statement"]["ManagedRuleGroupStatement"].get("RuleActionOverrides", [])

    assert rule["OverrideAction"] == {"None": {}}
    assert {each["Name"] for each in overrides} <= COUNTED
    assert all(each["ActionToUse"] == {"Count": {}} for each in overrides)


def test_refusals_alone_are_logged_encrypted_and_without_keys_or_tokens(closed):
    [logging] = closed.find_resources("AWS::WAFv2::LoggingConfiguration").values()
    [group] = closed.find_resources("AWS::Logs::LogGroup").values()
    [kept] = logging["Properties"]["LoggingFilter"]["Filters"]
    redacted = {each["SingleHeader"]["Name"] for each in logging["Properties"]["RedactedFields"]}

    assert logging["Properties"]["LoggingFilter"]["DefaultBehavior"] == "DROP"
    assert kept["Conditions"] == [{"ActionCondition": {"Action": "BLOCK"}}]
    assert redacted == {"authorization", "cookie", "x-api-key", "x-kindred-edge"}
    assert group["Properties"]["LogGroupName"].startswith("aws-waf-logs-")
    assert "KmsKeyId" in group["Properties"]


def test_the_capacity_that_costs_nothing_more_is_enough(closed):
    """1,500 units: the groups take 925 and 25, a set 1, a header 10, a rate 2."""
    units = {"AWSManagedRulesCommonRuleSet": 700, "AWSManagedRulesAmazonIpReputationList": 25}
    units |= dict.fromkeys(
        ("AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet"), 200
    )
    others = {"FromTheEdge": 10, "OnlyAllowed": 2, "Blocked": 1, "Rate": 2}

    assert rules(closed).keys() == units.keys() | others.keys()
    assert sum(units.values()) + sum(others.values()) <= 1_500


def test_one_address_may_send_what_the_api_takes_unless_the_file_says_less():
    chosen = changed("dev")
    limited = changed("dev", edge={"rate_limit_per_5_minutes": 500})
    throttle = chosen.sizes.api.rate_per_second

    assert chosen.edge.rate_limit(rate_per_second=throttle) == 300 * throttle
    assert limited.edge.rate_limit(rate_per_second=throttle) == 500
