"""What can reach a task, and what has an address on the internet: nothing has."""

import pytest

from tests.infrastructure.test_network import flows

LOAD_BALANCER = "RoutingStack/LoadBalancer/SecurityGroup"
LINK = "ApiStack/Api/LinkSecurityGroup"
PORT = 8000
# Who asks every task for its metrics, on a port that serves nothing else.
COLLECTOR = ("TelemetryStack/Collector/SecurityGroup", 9464)


def entered(platform, group):
    """(from, port) of what may enter the group."""
    ingress = flows(platform, "Ingress", "GroupId", "SourceSecurityGroupId")
    return {each[1:] for each in ingress if each[0] == group}


def left(platform, group):
    """(to, port) of where the group may go."""
    egress = flows(platform, "Egress", "GroupId", "DestinationSecurityGroupId")
    return {each[1:] for each in egress if each[0] == group}


def service_groups(platform):
    """The security group of each service of the API."""
    groups = {}
    for service in platform.of_type("AWS::ECS::Service", stack="ApiStack"):
        [group] = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"][
            "SecurityGroups"
        ]
        groups[service.path] = platform.named(group, stack="ApiStack")
    return groups


def test_requests_reach_a_task_from_the_load_balancer_alone(platform):
    for service, group in service_groups(platform).items():
        assert entered(platform, group) - {COLLECTOR} == {(LOAD_BALANCER, PORT)}, service


def test_no_two_services_share_a_group(platform):
    groups = service_groups(platform)

    assert len(set(groups.values())) == len(groups) == 3


def test_the_load_balancer_is_entered_through_the_link_and_leads_to_tasks_alone(platform):
    tasks = {(group, PORT) for group in service_groups(platform).values()}
    nowhere = {("255.255.255.255/32", 252)}

    assert entered(platform, LOAD_BALANCER) == {(LINK, 443)}
    assert left(platform, LOAD_BALANCER) - nowhere == tasks
    assert left(platform, LINK) == {(LOAD_BALANCER, 443)}
    assert entered(platform, LINK) == set()


def test_tasks_are_asked_for_metrics_by_their_collector_alone(environment, platform):
    for group in service_groups(platform).values():
        assert (COLLECTOR in entered(platform, group)) == environment.telemetry.prometheus


@pytest.mark.parametrize(
    ("kind", "internal"),
    [
        pytest.param(
            "AWS::ECS::Service",
            lambda given: (
                given["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
            ),
            id="tasks",
        ),
        pytest.param(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            lambda given: given["Scheme"] == "internal",
            id="load balancers",
        ),
        pytest.param(
            "AWS::RDS::DBInstance",
            lambda given: given.get("PubliclyAccessible") is not True,
            id="databases",
        ),
        pytest.param(
            "AWS::EC2::Subnet",
            lambda given: given["MapPublicIpOnLaunch"] is False,
            id="whatever starts in a subnet",
        ),
    ],
)
def test_these_have_no_address_on_the_internet(platform, kind, internal):
    found = platform.of_type(kind)

    assert found
    for resource in found:
        assert internal(resource.properties), resource.path


def test_addresses_on_the_internet_are_those_of_nat_gateways(platform):
    of_gateways = {
        platform.named(gateway.properties["AllocationId"], stack=gateway.stack)
        for gateway in platform.of_type("AWS::EC2::NatGateway")
    }

    assert {each.path for each in platform.of_type("AWS::EC2::EIP")} == of_gateways


def test_no_subnet_of_tasks_is_entered_from_the_internet(platform):
    """A route to the internet gateway is what makes a subnet public."""
    public_tables = {
        platform.named(route.properties["RouteTableId"], stack=route.stack)
        for route in platform.of_type("AWS::EC2::Route")
        if "GatewayId" in route.properties
    }
    public = {
        platform.named(each.properties["SubnetId"], stack=each.stack)
        for each in platform.of_type("AWS::EC2::SubnetRouteTableAssociation")
        if platform.named(each.properties["RouteTableId"], stack=each.stack) in public_tables
    }
    used = {
        platform.named(subnet, stack=service.stack)
        for service in platform.of_type("AWS::ECS::Service")
        for subnet in service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"]
    }

    assert public
    assert used.isdisjoint(public)
