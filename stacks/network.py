"""An environment's network: one of its own, or a VPC that somebody else runs."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from stacks.sizes import Part

# What tasks and functions cannot do without when no NAT gateway leads out of their subnet.
ENDPOINTS_WITHOUT_NAT = (
    "cognito-idp",
    "ecr.api",
    "ecr.dkr",
    "kinesis-streams",
    "logs",
    "secretsmanager",
    "sqs",
    "xray",
)

InterfaceEndpoint = Literal[
    "aps-workspaces",
    "cognito-idp",
    "ecr.api",
    "ecr.dkr",
    "ecs",
    "execute-api",
    "kinesis-streams",
    "kms",
    "logs",
    "monitoring",
    "secretsmanager",
    "sqs",
    "ssm",
    "sts",
    "xray",
]
Zone = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[1-9][a-z]$")]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-z]+$")]
RouteTableId = Annotated[str, Field(pattern=r"^rtb-[0-9a-z]+$")]
OneAZone = Field(min_length=2, max_length=3)


def _addresses(given: str) -> str:
    try:
        ipaddress.IPv4Network(given)
    except ValueError as error:
        raise ValueError(f"given {given!r}, allowed addresses like 10.20.0.0/16: {error}") from None
    return given


Addresses = Annotated[str, AfterValidator(_addresses)]


class GivenVpc(Part):
    """A VPC that somebody else runs. One id a zone and kind of subnet, in the zones' order."""

    vpc_id: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")]
    cidr: Addresses
    availability_zones: Annotated[tuple[Zone, ...], OneAZone]
    private_subnet_ids: Annotated[tuple[SubnetId, ...], OneAZone]
    isolated_subnet_ids: Annotated[tuple[SubnetId, ...], OneAZone]
    # With them, S3 and DynamoDB get gateway endpoints; without, the VPC is taken to have them.
    private_route_table_ids: Annotated[tuple[RouteTableId, ...], OneAZone] | None = None

    @model_validator(mode="after")
    def _one_subnet_a_zone(self) -> Self:
        zones = len(self.availability_zones)
        lists = (self.private_subnet_ids, self.isolated_subnet_ids, self.private_route_table_ids)
        for ids in lists:
            if ids is not None and len(ids) != zones:
                raise ValueError(
                    f"given {len(ids)} ids ({', '.join(ids)}), allowed {zones}, one a zone"
                )
        return self


class Network(Part):
    availability_zones: Literal[2, 3] = 2
    # Large enough for three zones, small enough for AWS.
    cidr: Annotated[Addresses, Field(pattern=r"/1[6-9]$")] = "10.20.0.0/16"
    nat_gateways: Annotated[int, Field(ge=0, le=3)] = 1
    interface_endpoints: tuple[InterfaceEndpoint, ...] = ()
    vpc: GivenVpc | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        ours = {"availability_zones", "cidr", "nat_gateways"} & self.model_fields_set
        if self.vpc and ours:
            raise ValueError(
                f"given vpc and {', '.join(sorted(ours))}, allowed either; "
                "a given VPC brings its own zones, addresses and gateways"
            )
        if self.nat_gateways > self.availability_zones:
            raise ValueError(
                f"nat_gateways: given {self.nat_gateways}, allowed 0 to {self.availability_zones}, "
                "at most one a zone"
            )
        missing = set(ENDPOINTS_WITHOUT_NAT) - set(self.interface_endpoints)
        if not self.vpc and self.nat_gateways == 0 and missing:
            raise ValueError(
                f"interface_endpoints: given {', '.join(self.interface_endpoints) or 'none'}, "
                f"allowed with nat_gateways 0 only if {', '.join(sorted(missing))} are among them"
            )
        return self
