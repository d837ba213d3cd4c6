"""Which requests API Gateway traces; what is behind it follows its decision."""

from __future__ import annotations

from aws_cdk import aws_xray as xray
from constructs import Construct

# Before AWS's own rule, which is 10000, and after what an operator adds in a hurry.
_PRIORITY = 1000


class TraceSampling(Construct):
    """Of the APIs whose names begin with `apis`: the first so many of a second, and a share."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        apis: str,
        first_per_second: int,
        percent_of_others: float,
    ) -> None:
        super().__init__(scope, construct_id)
        xray.CfnSamplingRule(
            self,
            "Resource",
            sampling_rule=xray.CfnSamplingRule.SamplingRuleProperty(
                # X-Ray knows rules by their names, of which it takes 32 characters.
                rule_name=name,
                version=1,
                priority=_PRIORITY,
                reservoir_size=first_per_second,
                fixed_rate=percent_of_others / 100,
                service_type="AWS::ApiGateway::Stage",
                service_name=f"{apis}*",
                host="*",
                http_method="*",
                url_path="*",
                resource_arn="*",
            ),
        )
