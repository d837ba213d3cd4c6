"""Guards of the account itself, once a region: who called, who intrudes, what was changed."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.account_notices import AccountNotices
from kindred_constructs.account_records import AccountRecords
from kindred_constructs.account_trail import AccountTrail
from kindred_constructs.configuration_history import ConfigurationHistory
from kindred_constructs.edge_secret import EDGE_REGION
from kindred_constructs.house_rules import removal_policy
from kindred_constructs.operator_alarm import Severity
from kindred_constructs.threat_detection import ThreatDetection
from stacks.data_stack import DataStack
from stacks.environment import Environment
from stacks.network_stack import NetworkStack

# Of GuardDuty's scale, from 0 to 10, where it calls a finding medium and high.
MEDIUM, HIGH = 4, 7


class AccountStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        region: str,
        network: NetworkStack,
        data: DataStack,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            scope, construct_id, termination_protection=environment.production, **kwargs
        )
        guards, first = environment.account_guards, environment.is_first(region)
        self._notices = AccountNotices(self, "Notices", topics=network.alarms)
        if guards.cloudtrail and region == EDGE_REGION:
            self._tell_of_root()
        if guards.config or (guards.cloudtrail and first):
            records = AccountRecords(
                self,
                "Records",
                access_logs=data.logs,
                archive_after=cdk.Duration.days(environment.retention.logs_to_deep_archive_days),
                removal_policy=removal_policy(production=environment.production),
            )
            if guards.cloudtrail and first:
                AccountTrail(self, "Trail", records=records, log_key=network.telemetry_key)
            if guards.config:
                ConfigurationHistory(self, "Configuration", records=records, of_the_account=first)
                self._tell_of_broken_rules()
        if guards.guardduty:
            ThreatDetection(self, "Threats")
            self._tell_of_threats()

    def _tell_of_root(self) -> None:
        """AWS says it in us-east-1 alone, where sign-ins without a region happen."""
        self._notices.tell(
            "RootSignIn",
            happened="Somebody signed in as the account's root user",
            severity=Severity.CRITICAL,
            source="aws.signin",
            detail_type="AWS Console Sign In via CloudTrail",
            detail={"userIdentity": {"type": ["Root"]}},
            shown={"from": "$.detail.sourceIPAddress", "at": "$.time"},
        )

    def _tell_of_threats(self) -> None:
        for construct_id, severity, bounds in (
            ("HighThreats", Severity.CRITICAL, [">=", HIGH]),
            ("MediumThreats", Severity.WARNING, [">=", MEDIUM, "<", HIGH]),
        ):
            self._notices.tell(
                construct_id,
                happened="GuardDuty found what looks like an intruder",
                severity=severity,
                source="aws.guardduty",
                detail_type="GuardDuty Finding",
                detail={"severity": [{"numeric": bounds}]},
                shown={"finding": "$.detail.type", "id": "$.detail.id"},
            )

    def _tell_of_broken_rules(self) -> None:
        self._notices.tell(
            "BrokenRules",
            happened="A resource no longer keeps a rule of AWS Config",
            severity=Severity.WARNING,
            source="aws.config",
            detail_type="Config Rules Compliance Change",
            detail={"newEvaluationResult": {"complianceType": ["NON_COMPLIANT"]}},
            shown={"rule": "$.detail.configRuleName", "resource": "$.detail.resourceId"},
        )
