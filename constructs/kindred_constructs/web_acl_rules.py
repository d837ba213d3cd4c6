"""The rules of our web ACLs: addresses and rates first, then what AWS knows of attacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_wafv2 as wafv2

# Put on by CloudFront; what a client sends under this name CloudFront replaces.
EDGE_HEADER = "x-kindred-edge"
TOO_MANY = "TooMany"
_Acl = wafv2.CfnWebACL


@dataclass(frozen=True, slots=True)
class _ManagedGroup:
    """`counted` are rules that would refuse what our clients rightly send."""

    name: str
    counted: tuple[str, ...] = ()


_MANAGED = (
    _ManagedGroup("AWSManagedRulesAmazonIpReputationList"),
    _ManagedGroup(
        "AWSManagedRulesCommonRuleSet",
        counted=(
            # Batches of events are larger than 8 KB; the services bound bodies themselves.
            "SizeRestrictions_BODY",
            # Values of flags and changes of pages are JSON that may hold markup; nothing here
            # ever answers a body as a page.
            "CrossSiteScripting_BODY",
            # Partners' servers need not say what they are.
            "NoUserAgent_HEADER",
        ),
    ),
    _ManagedGroup("AWSManagedRulesKnownBadInputsRuleSet"),
    _ManagedGroup("AWSManagedRulesSQLiRuleSet"),
)


def managed() -> Iterator[wafv2.CfnWebACL.RuleProperty]:
    for group in _MANAGED:
        yield _Acl.RuleProperty(
            name=group.name,
            priority=0,
            override_action=_Acl.OverrideActionProperty(none={}),
            statement=_Acl.StatementProperty(
                managed_rule_group_statement=_Acl.ManagedRuleGroupStatementProperty(
                    vendor_name="AWS",
                    name=group.name,
                    rule_action_overrides=[
                        _Acl.RuleActionOverrideProperty(
                            name=name, action_to_use=_Acl.RuleActionProperty(count={})
                        )
                        for name in group.counted
                    ]
                    or None,
                )
            ),
            visibility_config=visible(group.name),
        )


def from_the_edge(secret: cdk.SecretValue) -> wafv2.CfnWebACL.RuleProperty:
    """CloudFront's address is not the client's: its own web ACL has looked at that one."""
    return _rule(
        "FromTheEdge",
        _Acl.StatementProperty(
            byte_match_statement=_Acl.ByteMatchStatementProperty(
                field_to_match=_Acl.FieldToMatchProperty(single_header={"Name": EDGE_HEADER}),
                positional_constraint="EXACTLY",
                # Resolved when the stack is deployed; the template holds its ARN alone.
                search_string=secret.unsafe_unwrap(),
                text_transformations=[_Acl.TextTransformationProperty(priority=0, type="NONE")],
            )
        ),
        _Acl.RuleActionProperty(allow={}),
    )


def only_from(sets: Sequence[str]) -> wafv2.CfnWebACL.RuleProperty:
    others = _Acl.StatementProperty(
        not_statement=_Acl.NotStatementProperty(statement=_in_any(sets))
    )
    return _rule("OnlyAllowed", others, _Acl.RuleActionProperty(block={}))


def never_from(sets: Sequence[str]) -> wafv2.CfnWebACL.RuleProperty:
    return _rule("Blocked", _in_any(sets), _Acl.RuleActionProperty(block={}))


def at_most(requests_per_5_minutes: int) -> wafv2.CfnWebACL.RuleProperty:
    return _rule(
        "Rate",
        _Acl.StatementProperty(
            rate_based_statement=_Acl.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=requests_per_5_minutes, evaluation_window_sec=300
            )
        ),
        _Acl.RuleActionProperty(
            block=_Acl.BlockActionProperty(
                custom_response=_Acl.CustomResponseProperty(
                    response_code=429,
                    custom_response_body_key=TOO_MANY,
                    response_headers=[
                        _Acl.CustomHTTPHeaderProperty(name="retry-after", value="300")
                    ],
                )
            )
        ),
    )


def at_priority(priority: int, rule: wafv2.CfnWebACL.RuleProperty) -> wafv2.CfnWebACL.RuleProperty:
    return _Acl.RuleProperty(
        name=rule.name,
        priority=priority,
        statement=rule.statement,
        action=rule.action,
        override_action=rule.override_action,
        visibility_config=rule.visibility_config,
    )


def visible(metric_name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return _Acl.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True,
        metric_name=metric_name,
        sampled_requests_enabled=True,
    )


def _rule(
    name: str,
    statement: wafv2.CfnWebACL.StatementProperty,
    action: wafv2.CfnWebACL.RuleActionProperty,
) -> wafv2.CfnWebACL.RuleProperty:
    return _Acl.RuleProperty(
        name=name,
        priority=0,
        statement=statement,
        action=action,
        visibility_config=visible(name),
    )


def _in_any(sets: Sequence[str]) -> wafv2.CfnWebACL.StatementProperty:
    statements = [_Acl.StatementProperty(ip_set_reference_statement={"arn": arn}) for arn in sets]
    if len(statements) == 1:
        return statements[0]
    return _Acl.StatementProperty(or_statement=_Acl.OrStatementProperty(statements=statements))
