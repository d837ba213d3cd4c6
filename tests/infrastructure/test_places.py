"""Where an environment stands: its network or a given one, its domain, regions and account."""

import json

from tests.infrastructure.choices import GIVEN_VPC
from tests.infrastructure.synthesized import Synthesized, every_string


def test_a_given_vpc_is_used_and_none_is_made(toggled):
    platform = toggled("givenvpc")
    [service, *_] = platform.of_type("AWS::ECS::Service")
    network = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    [cache] = platform.of_type("AWS::ElastiCache::SubnetGroup")

    kinds = {each.type for each in platform.resources if each.stack == "NetworkStack"}
    assert not [kind for kind in kinds if kind.startswith("AWS::EC2::")]
    assert network["Subnets"] == GIVEN_VPC["private_subnet_ids"]
    assert cache.properties["SubnetIds"] == GIVEN_VPC["isolated_subnet_ids"]


def test_a_given_vpc_gets_endpoints_where_its_route_tables_are_told(toggled):
    endpoints = toggled("givenvpcrt").of_type("AWS::EC2::VPCEndpoint")

    gateways = [each.properties for each in endpoints if "RouteTableIds" in each.properties]
    assert [each["RouteTableIds"] for each in gateways] == [["rtb-a", "rtb-b"]] * 2
    [interface] = [each.properties for each in endpoints if "SubnetIds" in each.properties]
    assert interface["SubnetIds"] == GIVEN_VPC["private_subnet_ids"]


def test_without_nat_tasks_run_in_isolated_subnets_with_endpoints(toggled):
    platform = toggled("nonat")
    [service, *_] = platform.of_type("AWS::ECS::Service")
    subnets = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"]

    assert platform.of_type("AWS::EC2::NatGateway") == []
    assert all("IsolatedSubnet" in platform.named(each, stack="ApiStack") for each in subnets)
    assert len(platform.of_type("AWS::EC2::VPCEndpoint")) == 2 + 10
    gateways = [
        each
        for each in platform.of_type("AWS::EC2::VPCEndpoint")
        if each.properties["VpcEndpointType"] == "Gateway"
    ]
    for gateway in gateways:
        tables = {
            platform.named(each, stack="NetworkStack")
            for each in gateway.properties["RouteTableIds"]
        }
        assert any("Isolated" in table for table in tables)


def test_a_domain_brings_its_own_certificate_and_name(toggled):
    platform = toggled("domain")
    [certificate] = platform.of_type("AWS::CertificateManager::Certificate", stack="RoutingStack")
    [listener] = platform.of_type("AWS::ElasticLoadBalancingV2::Listener")
    used = listener.properties["Certificates"][0]["CertificateArn"]
    method = platform.of_type("AWS::ApiGateway::Method")[0]

    assert certificate.properties["DomainName"] == "internal.kindred.example.com"
    assert certificate.properties["ValidationMethod"] == "DNS"
    assert platform.named(used, stack="RoutingStack") == certificate.path
    uri = method.properties["Integration"]["Uri"]
    assert uri.startswith("https://internal.kindred.example.com/api/v1/")


def test_without_a_domain_the_certificate_is_a_parameter_of_the_environment(
    toggled, environment_name
):
    parameters = toggled("nonat").templates["RoutingStack"]["Parameters"].values()

    defaults = {each.get("Default") for each in parameters}
    assert f"/kindred/nonat-{environment_name}/internal-certificate-arn" in defaults


def test_a_second_region_is_a_stage_of_its_own(matrix, environment_name):
    second = Synthesized(
        matrix(environment_name), f"Kindred-tworegions-{environment_name}-eu-west-1"
    )

    regions = {
        name: artifact["environment"].rpartition("/")[2]
        for name, artifact in second.stack_artifacts.items()
    }
    naming_the_first = {
        name
        for name, template in second.templates.items()
        if any("us-east-1" in text for text in every_string(template))
    }
    # CloudFront is configured there, and reads its secret there.
    assert regions.pop("EdgeStack") == "us-east-1"
    assert set(regions.values()) == {"eu-west-1"}
    assert naming_the_first == {"DataStack", "EdgeStack"}


def test_two_instances_in_one_account_share_no_name(toggled):
    """Names that AWS wants unique in an account and region, and those of stacks."""
    unique = ("UserId", "UserGroupId", "LogGroupName", "RoleName", "BucketName")
    of_a_kind = {
        ("AWS::Athena::WorkGroup", "Name"),
        ("AWS::ECS::TaskDefinition", "Family"),
        ("AWS::Glue::Database", "DatabaseInput"),
        ("AWS::RDS::DBCluster", "DBClusterIdentifier"),
    }

    def names(instance):
        platform = toggled(instance)
        stacks = {each["properties"]["stackName"] for each in platform.stack_artifacts.values()}
        own = {
            json.dumps(resource.properties[key])
            for resource in platform.resources
            for key in resource.properties
            if (resource.type, key) in of_a_kind or (key in unique and key != "LogGroupName")
        }
        return stacks | own

    first, second = names("told"), names("shared")
    assert first
    assert first.isdisjoint(second)


def test_an_environment_may_name_its_account_and_is_still_not_looked_up(toggled):
    platform = toggled("account")

    assert {each["environment"] for each in platform.stack_artifacts.values()} == {
        "aws://111122223333/us-east-1"
    }
    assert "missing" not in platform.manifest
    assert "dummy1a" not in json.dumps(platform.templates)
