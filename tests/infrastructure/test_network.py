"""Who can reach whom: from outside nothing but API Gateway, inside only along the request's way."""

import pytest

from tests.infrastructure.synthesized import as_list

# The rule by which CDK says that there is no other: EC2 adds "everywhere" to a group with none.
NOWHERE = ("255.255.255.255/32", 252)
# Of the database's passwords.
ROTATIONS = [
    f"PrivacyStack/RotateDatabase{whose}/SecurityGroup" for whose in ("Administrator", "Login")
]


def flows(platform, kind, own, other):
    """(from or to, port) by security group, of rules both within groups and beside them."""
    found = set()
    for group in platform.of_type("AWS::EC2::SecurityGroup"):
        inline = "SecurityGroupIngress" if kind == "Ingress" else "SecurityGroupEgress"
        for rule in group.properties.get(inline, []):
            found.add((group.path, rule.get("CidrIp"), rule.get("FromPort")))
    for rule in platform.of_type(f"AWS::EC2::SecurityGroup{kind}"):
        properties = rule.properties
        found.add(
            (
                platform.named(properties[own], stack=rule.stack),
                platform.named(properties[other], stack=rule.stack),
                properties["FromPort"],
            )
        )
    return found


def test_each_group_is_entered_by_its_neighbour_on_the_way_alone(environment, platform):
    ingress = flows(platform, "Ingress", "GroupId", "SourceSecurityGroupId")
    endpoints = (
        {("NetworkStack/EndpointSecurityGroup", environment.network.cidr, 443)}
        if environment.network.interface_endpoints
        else set()
    )
    experiments = "ApiStack/Experiments/Service/SecurityGroup"
    inference = [f"ApiStack/{name}/Service/SecurityGroup" for name in ("Similarity", "Prediction")]
    tasks = [*inference, experiments]
    collector = "TelemetryStack/Collector/SecurityGroup"
    metrics = {(task, collector, 9464) for task in tasks if environment.telemetry.prometheus}
    forgetting = "PrivacyStack/Forgetting/ForgetInside/SecurityGroup"

    assert ingress == {
        ("RoutingStack/LoadBalancer/SecurityGroup", "ApiStack/Api/LinkSecurityGroup", 443),
        *((task, "RoutingStack/LoadBalancer/SecurityGroup", 8000) for task in tasks),
        *(("DataStack/Cache/SecurityGroup", task, 6380) for task in tasks),
        *(("DataStack/Database/SecurityGroup", each, 5433) for each in (experiments, *ROTATIONS)),
        ("StreamingStack/Search/SecurityGroup", "LambdaStack/IndexEvents/SecurityGroup", 443),
        ("StreamingStack/Search/SecurityGroup", forgetting, 443),
        ("DataStack/Cache/SecurityGroup", forgetting, 6380),
        *endpoints,
        *metrics,
    }


def test_tasks_leave_for_aws_over_tls_and_for_the_cache_alone(platform):
    egress = flows(platform, "Egress", "GroupId", "DestinationSecurityGroupId")
    task = "ApiStack/Similarity/Service/SecurityGroup"

    assert {each[1:] for each in egress if each[0] == task} == {
        ("0.0.0.0/0", 443),
        ("DataStack/Cache/SecurityGroup", 6380),
    }


@pytest.mark.parametrize(
    ("group", "destinations"),
    [
        *(
            pytest.param(
                each,
                {("0.0.0.0/0", 443), ("DataStack/Database/SecurityGroup", 5433)},
                id=each.split("/")[1],
            )
            for each in ROTATIONS
        ),
        pytest.param(
            "ApiStack/Experiments/Service/SecurityGroup",
            {
                ("0.0.0.0/0", 443),
                ("DataStack/Cache/SecurityGroup", 6380),
                ("DataStack/Database/SecurityGroup", 5433),
            },
            id="the experiments service: AWS, the cache and the database",
        ),
        pytest.param(
            "LambdaStack/IndexEvents/SecurityGroup",
            {("0.0.0.0/0", 443), ("StreamingStack/Search/SecurityGroup", 443)},
            id="the indexer: AWS and the index",
        ),
        pytest.param("DataStack/Database/SecurityGroup", {NOWHERE}, id="the database: nowhere"),
        pytest.param("StreamingStack/Search/SecurityGroup", {NOWHERE}, id="the index: nowhere"),
    ],
)
def test_a_group_leaves_for_these_alone(platform, group, destinations):
    egress = flows(platform, "Egress", "GroupId", "DestinationSecurityGroupId")

    assert {each[1:] for each in egress if each[0] == group} == destinations


def test_nothing_is_entered_from_everywhere(platform):
    ingress = flows(platform, "Ingress", "GroupId", "SourceSecurityGroupId")

    assert not [each for each in ingress if each[1] in ("0.0.0.0/0", "::/0")]


def test_no_subnet_gives_out_public_addresses_and_no_task_has_one(platform):
    for subnet in platform.of_type("AWS::EC2::Subnet"):
        assert subnet.properties["MapPublicIpOnLaunch"] is False, subnet.path
    for service in platform.of_type("AWS::ECS::Service"):
        network = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "DISABLED"


def subnet_kind(platform, subnet, *, stack):
    """`Private`, `Isolated` or `Public`, of `NetworkStack/Vpc/PrivateSubnet1/Subnet`."""
    return platform.named(subnet, stack=stack).split("/")[2].partition("Subnet")[0]


@pytest.mark.parametrize(
    ("kind", "property_path", "subnets"),
    [
        pytest.param(
            "AWS::ECS::Service",
            ("NetworkConfiguration", "AwsvpcConfiguration", "Subnets"),
            "Private",
            id="tasks in private subnets",
        ),
        pytest.param(
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            ("Subnets",),
            "Private",
            id="the load balancer in private subnets",
        ),
        pytest.param(
            "AWS::ElastiCache::SubnetGroup",
            ("SubnetIds",),
            "Isolated",
            id="the cache in isolated subnets",
        ),
        pytest.param(
            "AWS::RDS::DBSubnetGroup",
            ("SubnetIds",),
            "Isolated",
            id="the database in isolated subnets",
        ),
    ],
)
def test_where_things_are(environment, platform, kind, property_path, subnets):
    for resource in platform.of_type(kind):
        value = resource.properties
        for key in property_path:
            value = value[key]
        kinds = [subnet_kind(platform, each, stack=resource.stack) for each in value]
        assert kinds == [subnets] * environment.network.availability_zones


def test_the_load_balancer_is_internal_and_speaks_modern_tls_only(platform):
    [balancer] = platform.of_type("AWS::ElasticLoadBalancingV2::LoadBalancer")
    [listener] = platform.of_type("AWS::ElasticLoadBalancingV2::Listener")
    attributes = {
        each["Key"]: each["Value"] for each in balancer.properties["LoadBalancerAttributes"]
    }

    assert balancer.properties["Scheme"] == "internal"
    assert listener.properties["Protocol"] == "HTTPS"
    assert listener.properties["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert attributes["access_logs.s3.enabled"] == "true"
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"


def test_s3_and_dynamodb_are_reached_without_leaving_aws(platform):
    gateways = {
        platform.named(endpoint.properties["ServiceName"], stack="NetworkStack").rpartition(".")[2]
        for endpoint in platform.of_type("AWS::EC2::VPCEndpoint")
        if endpoint.properties["VpcEndpointType"] == "Gateway"
    }

    assert gateways == {"s3", "dynamodb"}


def test_there_are_as_many_zones_and_gateways_as_the_environment_says(environment, platform):
    zones = {
        str(subnet.properties["AvailabilityZone"])
        for subnet in platform.of_type("AWS::EC2::Subnet")
    }

    assert len(zones) == environment.network.availability_zones
    assert len(platform.of_type("AWS::EC2::NatGateway")) == environment.network.nat_gateways


def test_who_talked_to_whom_is_recorded(platform):
    [flow_log] = platform.of_type("AWS::EC2::FlowLog")

    assert flow_log.properties["TrafficType"] == "ALL"
    assert platform.named(flow_log.properties["ResourceId"], stack="NetworkStack").endswith("/Vpc")


def test_only_nat_and_the_internet_gateway_lead_out(platform):
    targets = {
        key
        for route in platform.of_type("AWS::EC2::Route")
        for key in route.properties
        if key.endswith("Id") and key != "RouteTableId"
    }

    assert targets <= {"GatewayId", "NatGatewayId"}
    assert as_list(targets)
