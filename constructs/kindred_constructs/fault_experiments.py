"""Experiments of AWS FIS: each breaks one thing, and stops when an alarm says that users notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_fis as fis
from aws_cdk import aws_iam as iam
from constructs import Construct


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`action` on targets of one `kind`, chosen by ARN or by what FIS calls parameters."""

    description: str
    action: str
    target_name: str
    kind: str
    arns: Sequence[str] | None = None
    chosen_by: Mapping[str, str] | None = None
    share: str = "ALL"
    settings: Mapping[str, str] | None = None
    permissions: Sequence[iam.PolicyStatement] = ()


class FaultExperiment(Construct):
    """Nothing starts it but a person, and any of `stops` ends it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        fault: Fault,
        stops: Sequence[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, construct_id)
        role = iam.Role(
            self,
            "Role",
            description=fault.description,
            assumed_by=iam.ServicePrincipal("fis.amazonaws.com"),
        )
        for statement in fault.permissions:
            role.add_to_policy(statement)
        template = fis.CfnExperimentTemplate
        resource = fis.CfnExperimentTemplate(
            self,
            "Resource",
            description=fault.description,
            role_arn=role.role_arn,
            tags={"Name": self.node.id},
            stop_conditions=[
                template.ExperimentTemplateStopConditionProperty(
                    source="aws:cloudwatch:alarm", value=alarm.alarm_arn
                )
                for alarm in stops
            ],
            targets={
                "Targets": template.ExperimentTemplateTargetProperty(
                    resource_type=fault.kind,
                    resource_arns=list(fault.arns) if fault.arns else None,
                    parameters=dict(fault.chosen_by) if fault.chosen_by else None,
                    selection_mode=fault.share,
                )
            },
            actions={
                "Break": template.ExperimentTemplateActionProperty(
                    action_id=fault.action,
                    parameters=dict(fault.settings) if fault.settings else None,
                    targets={fault.target_name: "Targets"},
                )
            },
            experiment_options=template.ExperimentTemplateExperimentOptionsProperty(
                account_targeting="single-account", empty_target_resolution_mode="fail"
            ),
        )
        self.template_id = resource.attr_id
