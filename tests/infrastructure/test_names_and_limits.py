"""What CloudFormation and the house want of every template: tags, names, sizes, no surprises."""

import datetime as dt
import json
import re

import pytest

from tests.infrastructure.synthesized import STACKS, every_string

TAGS = {"Environment", "Team", "Project", "CostCenter"}
# Types that CloudFormation gives no tags.
WITHOUT_TAGS = {
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Model",
    "AWS::ApiGateway::RequestValidator",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::UsagePlanKey",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::Backup::BackupSelection",
    "AWS::CloudFront::CachePolicy",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Cognito::UserPoolGroup",
    "AWS::Config::ConfigRule",
    "AWS::Config::ConfigurationRecorder",
    "AWS::Config::DeliveryChannel",
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroupEgress",
    "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::Glue::Database",
    "AWS::Glue::Table",
    "AWS::IAM::Policy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogStream",
    "AWS::Logs::ResourcePolicy",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SecretsManager::SecretTargetAttachment",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACLAssociation",
}
# A name of ours keeps a resource from being replaced beside itself, so each needs a reason.
EXPLICIT_NAMES = {
    ("AWS::ApiGateway::Authorizer", "Name"): "required; made of the path",
    ("AWS::ApiGateway::Model", "Name"): "the API's own, and methods refer to it by name",
    ("AWS::ApiGateway::RestApi", "Name"): "a label that need not be unique",
    ("AWS::ApiGateway::Stage", "StageName"): "a part of the address",
    ("AWS::ApiGatewayV2::VpcLink", "Name"): "required, and need not be unique",
    ("AWS::ApplicationAutoScaling::ScalingPolicy", "PolicyName"): "required; made of the path",
    ("AWS::Athena::WorkGroup", "Name"): "required; what a person chooses in Athena",
    ("AWS::CloudFront::Function", "Name"): "required; made of the path",
    ("AWS::Cognito::UserPoolGroup", "GroupName"): "what tokens say and services read",
    ("AWS::ECS::TaskDefinition", "Family"): "made of the path; a new revision each time",
    ("AWS::ElastiCache::ReplicationGroup", "CacheParameterGroupName"): "AWS's own group",
    ("AWS::ElastiCache::User", "UserId"): "required",
    ("AWS::ElastiCache::User", "UserName"): "what clients log in as",
    ("AWS::ElastiCache::UserGroup", "UserGroupId"): "required",
    ("AWS::Events::EventBus", "Name"): "required; what the environment is called",
    ("AWS::IAM::Policy", "PolicyName"): "required; made of the path",
    ("AWS::Logs::DeliveryDestination", "Name"): "required; made of the path",
    ("AWS::Logs::DeliverySource", "Name"): "required; made of the path",
    ("AWS::Logs::LogGroup", "LogGroupName"): "where API Gateway, RDS, SageMaker and WAF look",
    ("AWS::Logs::ResourcePolicy", "PolicyName"): "required; made of the path",
    ("AWS::RDS::DBCluster", "DBClusterIdentifier"): "its log group must be there before it",
    ("AWS::RDS::DBCluster", "DatabaseName"): "what clients connect to",
    ("AWS::RDS::DBClusterParameterGroup", "Family"): "AWS's own",
    (
        "AWS::SageMaker::FeatureGroup",
        "FeatureGroupName",
    ): "required; the roles that feed it know it",
    ("AWS::SageMaker::ModelPackageGroup", "ModelPackageGroupName"): "required; packages carry it",
}
# Where an environment asks for them.
NAMED_SOMEWHERE = {
    ("AWS::APS::RuleGroupsNamespace", "Name"): "required; of the workspace's one file of rules",
    ("AWS::Synthetics::Canary", "Name"): "required; made of the path",
}
NAME_KEYS = re.compile(
    r"^(Name|Family|\w*(Bucket|Cluster|Domain|Function|Group|Key|LoadBalancer|Log|Model|Policy|Queue"
    r"|Role|Secret|Service|Stage|Stream|Table|Topic|User|Group)(Name|Id)|DBClusterIdentifier"
    r"|DatabaseName)$"
)
# References to other resources, whose keys look like names.
REFERENCES = {
    ("AWS::EC2::Route", "RouteTableId"),
    ("AWS::EC2::SecurityGroupEgress", "GroupId"),
    ("AWS::EC2::SecurityGroupEgress", "DestinationSecurityGroupId"),
    ("AWS::EC2::SecurityGroupIngress", "GroupId"),
    ("AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId"),
    ("AWS::ApiGateway::UsagePlanKey", "KeyId"),
    ("AWS::EC2::SubnetRouteTableAssociation", "RouteTableId"),
    ("AWS::EC2::VPCEndpoint", "ServiceName"),
    ("AWS::CloudTrail::Trail", "KMSKeyId"),
    ("AWS::CloudTrail::Trail", "S3BucketName"),
    ("AWS::Cognito::UserPoolClient", "UserPoolId"),
    ("AWS::Cognito::UserPoolDomain", "UserPoolId"),
    ("AWS::Cognito::UserPoolGroup", "UserPoolId"),
    ("AWS::ElastiCache::ReplicationGroup", "CacheSubnetGroupName"),
    ("AWS::ElastiCache::ReplicationGroup", "KmsKeyId"),
    ("AWS::Config::DeliveryChannel", "S3BucketName"),
    ("AWS::EC2::FlowLog", "LogGroupName"),
    ("AWS::Glue::Table", "DatabaseName"),
    ("AWS::Lambda::EventInvokeConfig", "FunctionName"),
    ("AWS::Lambda::EventSourceMapping", "FunctionName"),
    ("AWS::Lambda::Permission", "FunctionName"),
    ("AWS::Logs::LogStream", "LogGroupName"),
    ("AWS::RDS::DBCluster", "DBClusterParameterGroupName"),
    ("AWS::RDS::DBCluster", "DBSubnetGroupName"),
    ("AWS::RDS::DBCluster", "KmsKeyId"),
    ("AWS::RDS::DBInstance", "DBClusterIdentifier"),
    ("AWS::SQS::Queue", "KmsMasterKeyId"),
    ("AWS::Logs::LogGroup", "KmsKeyId"),
    ("AWS::SecretsManager::Secret", "KmsKeyId"),
    ("AWS::SecretsManager::RotationSchedule", "SecretId"),
    ("AWS::SecretsManager::SecretTargetAttachment", "SecretId"),
    ("AWS::SNS::Topic", "KmsMasterKeyId"),
}
# Day from which a service takes no new customers, or ends.
RETIRED = {
    "AWS::AppMesh::": dt.date(2026, 9, 30),
    "AWS::CodeStar::": dt.date(2024, 7, 31),
    "AWS::Evidently::": dt.date(2025, 10, 16),
    "AWS::OpsWorks": dt.date(2024, 5, 26),
    "AWS::Pinpoint": dt.date(2026, 10, 30),
    "AWS::Proton::": dt.date(2026, 10, 7),
    "AWS::QLDB::": dt.date(2025, 7, 31),
    "AWS::RoboMaker::": dt.date(2025, 9, 10),
}
# AWS's own account in us-east-1, from which load balancers deliver their logs.
LOAD_BALANCER_LOGS = "arn:aws:iam::127311923021:root"
# Alive, and no longer what a new design takes: see docs/adr.
REPLACED = {
    "AWS::AppRunner::": "closed to new customers; Fargate",
    "AWS::CodeDeploy::": "ECS deploys by canary itself",
    "AWS::ElastiCache::CacheCluster": "a replication group of Valkey",
    "AWS::SageMaker::MonitoringSchedule": "closed to new customers; our own drift job",
}


def own_tags(resource):
    properties = resource.properties
    if resource.type == "AWS::DynamoDB::GlobalTable":
        properties = min(properties["Replicas"], key=lambda each: len(each.get("Tags", [])))
    named = ("Tags", "ResourceTags", "UserPoolTags", "BackupVaultTags", "BackupPlanTags")
    tags = next((properties[name] for name in named if name in properties), [])
    return set(tags) if isinstance(tags, dict) else {tag["Key"] for tag in tags}


def test_whatever_can_be_tagged_is(environment, platform):
    bare = [
        resource.path
        for resource in platform.resources
        if resource.type not in WITHOUT_TAGS and not own_tags(resource) >= TAGS
    ]

    assert bare == []


def test_types_without_tags_have_none(platform):
    found = {each.type for each in platform.resources if own_tags(each)}

    assert found.isdisjoint(WITHOUT_TAGS)


def test_tags_say_whose_it_is(environment, platform):
    [vpc] = platform.of_type("AWS::EC2::VPC")
    tags = {tag["Key"]: tag["Value"] for tag in vpc.properties["Tags"]}

    assert tags["Environment"] == environment.slug
    assert tags["Team"] == environment.tags.team
    assert tags["CostCenter"] == environment.tags.cost_center


def test_names_are_generated_but_where_there_is_a_reason(platform):
    named = {
        (resource.type, key)
        for resource in platform.resources
        for key in resource.properties
        if NAME_KEYS.match(key)
    }

    assert named - REFERENCES <= EXPLICIT_NAMES.keys() | NAMED_SOMEWHERE.keys()
    assert EXPLICIT_NAMES.keys() <= named, "no longer used"


def test_no_resource_runs_code_of_ours_to_deploy_itself(platform):
    types = {resource.type for resource in platform.resources}
    functions = {each.stack for each in platform.of_type("AWS::Lambda::Function")}

    assert not [each for each in types if each.startswith("Custom::")]
    assert "AWS::CloudFormation::CustomResource" not in types
    assert functions == {"LambdaStack", "OperationsStack", "PrivacyStack", "SageMakerStack"}, (
        "a function elsewhere is one that deploys"
    )


def test_stacks_refer_to_each_other_weakly(platform):
    text = json.dumps(platform.templates)

    assert "Fn::ImportValue" not in text
    assert not any(
        "Export" in output
        for template in platform.templates.values()
        for output in template.get("Outputs", {}).values()
    )
    assert "Fn::GetStackOutput" in text


def test_each_output_that_another_stack_reads_exists(platform):
    def reads(value):
        if isinstance(value, dict):
            if "Fn::GetStackOutput" in value:
                yield value["Fn::GetStackOutput"]
            for inner in value.values():
                yield from reads(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from reads(inner)

    for read in reads(platform.templates):
        producer = read["StackName"].removeprefix(f"{platform.stage}-")
        known = platform if producer in platform.templates else platform.elsewhere
        assert read["OutputName"] in known.templates[producer]["Outputs"]


def test_templates_keep_well_within_cloudformations_limits(platform):
    for name, template in platform.templates.items():
        assert len(template["Resources"]) <= 400, name
        assert len(template.get("Outputs", {})) <= 160, name
        assert len(template.get("Parameters", {})) <= 160, name
        assert platform.template_files[name].stat().st_size <= 800_000, name


def test_no_account_and_no_credential_is_in_a_template(platform):
    account = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
    key = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b")

    found = [
        text
        for text in every_string(platform.templates)
        if account.search(text.replace(LOAD_BALANCER_LOGS, "")) or key.search(text)
    ]
    assert found == []


def test_no_service_is_used_that_has_ended_or_that_we_replaced(platform):
    today = dt.datetime.now(dt.UTC).date()
    gone = {prefix for prefix, day in RETIRED.items() if day <= today + dt.timedelta(days=365)}
    used = {resource.type for resource in platform.resources}

    assert not [kind for kind in used if kind.startswith((*gone, *REPLACED))]


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_has_a_path_that_names_no_environment(environment, platform, stack):
    for resource in platform.resources:
        if resource.stack == stack:
            assert resource.path.startswith(stack), resource.logical_id
            assert environment.name not in resource.path.lower().split("/")[1:]
