"""Resource types that are accepted and remembered, and do nothing.

Named one by one: a type that is neither here nor in the emulator fails the deployment, until
somebody decides what it is. Each names the attributes that templates may read from it.
"""

from __future__ import annotations

from typing import Final

# A resource's attributes; `{id}` stands for its physical id, `{region}` and `{account}` for those.
RECORDED_TYPES: Final[dict[str, dict[str, str]]] = {
    "AWS::ApiGatewayV2::VpcLink": {"VpcLinkId": "{id}"},
    "AWS::ApplicationAutoScaling::ScalableTarget": {"Id": "{id}"},
    "AWS::ApplicationAutoScaling::ScalingPolicy": {"Arn": "{id}", "Id": "{id}"},
    "AWS::CloudWatch::CompositeAlarm": {
        "Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}",
    },
    "AWS::EC2::EIP": {"AllocationId": "{id}", "PublicIp": "192.0.2.1"},
    "AWS::EC2::FlowLog": {"Id": "{id}"},
    "AWS::EC2::NatGateway": {"NatGatewayId": "{id}"},
    "AWS::EC2::SecurityGroupEgress": {"Id": "{id}"},
    "AWS::EC2::SecurityGroupIngress": {"Id": "{id}"},
    "AWS::ECS::ClusterCapacityProviderAssociations": {},
    "AWS::Logs::Delivery": {"Arn": "{id}", "DeliveryId": "{id}"},
    "AWS::Logs::DeliveryDestination": {"Arn": "{id}"},
    "AWS::Logs::DeliverySource": {"Arn": "{id}"},
    "AWS::WAFv2::IPSet": {"Arn": "{id}", "Id": "{id}"},
    "AWS::WAFv2::LoggingConfiguration": {},
    "AWS::WAFv2::WebACLAssociation": {},
}
