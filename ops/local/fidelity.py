"""What a resource of the templates does on the laptop: executes, is stood in for, or is recorded.

Every type is decided here, by hand. A type that is in no list stops `up`, so that nothing is ever
taken for tested because nobody looked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ops.local.assembly import Stack
from ops.local.emulator.kindred_emulator.recorded_types import RECORDED_TYPES


class Fidelity(StrEnum):
    EXECUTES = "executes"
    STOOD_IN = "stood in for"
    RECORDED = "recorded only"


@dataclass(frozen=True, slots=True)
class TypeFidelity:
    """One row of the table."""

    resource_type: str
    count: int
    fidelity: Fidelity
    note: str


class UndecidedTypes(Exception):
    """Templates hold resource types of which nobody said what they do here."""


EXECUTES = {
    "AWS::ApiGateway::Authorizer": "id tokens of the pool, by its keys",
    "AWS::ApiGateway::ApiKey": "a missing, wrong or disabled key is refused",
    "AWS::ApiGateway::Deployment": "",
    "AWS::ApiGateway::GatewayResponse": "",
    "AWS::ApiGateway::Method": "through the VPC link to the load balancer, without TLS",
    "AWS::ApiGateway::Model": "",
    "AWS::ApiGateway::RequestValidator": "",
    "AWS::ApiGateway::Resource": "",
    "AWS::ApiGateway::RestApi": "",
    "AWS::ApiGateway::Stage": "traced by sampling rules; without access logs and metrics",
    "AWS::ApiGateway::UsagePlan": "keys; throttling and quota by the emulator's own count, which "
    "says nothing of how AWS throttles",
    "AWS::ApiGateway::UsagePlanKey": "",
    "AWS::CloudFront::CachePolicy": "what is forwarded; nothing is kept",
    "AWS::CloudFront::Distribution": "behaviours, functions and headers, at "
    "<name>.cloudfront.localhost; no cache, web ACL, log or Lambda@Edge",
    "AWS::CloudFront::Function": "by Node.js",
    "AWS::CloudFront::OriginAccessControl": "lets the distribution read its bucket",
    "AWS::CloudFront::ResponseHeadersPolicy": "",
    "AWS::CloudWatch::Alarm": "evaluated over what services, models and tests put, all its "
    "periods as one",
    "AWS::Cognito::UserPool": "users, groups and signed tokens; no e-mail, no second factor, no "
    "threat protection",
    "AWS::Cognito::UserPoolClient": "",
    "AWS::Cognito::UserPoolDomain": "the hosted pages, at the emulator's own address",
    "AWS::Cognito::UserPoolGroup": "",
    "AWS::DynamoDB::GlobalTable": "in one region; a CMK is asked for, items are not encrypted",
    "AWS::DynamoDB::Table": "a CMK is asked for, items are not encrypted",
    "AWS::ElasticLoadBalancingV2::Listener": "plain HTTP: its certificate is not used",
    "AWS::ElasticLoadBalancingV2::ListenerRule": "paths, rewrites and weights; weights do not "
    "move during a deployment",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "no access logs and no metrics",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "health is checked by the runner",
    "AWS::Events::EventBus": "",
    "AWS::Events::Rule": "by pattern, to functions, queues, topics and machines that let it in, or "
    "as the target's role",
    "AWS::IAM::ManagedPolicy": "",
    "AWS::IAM::Policy": "enforced on every call",
    "AWS::IAM::Role": "assumed by tasks; trust policies are read",
    "AWS::KMS::Alias": "",
    "AWS::KMS::Key": "calls on what it encrypts need its grants (S3, DynamoDB, Secrets Manager, "
    "Kinesis, SQS, SNS); no rotation",
    "AWS::Kinesis::Stream": "shards, order and sequence numbers; no limits of throughput",
    "AWS::Lambda::EventInvokeConfig": "",
    "AWS::Lambda::EventSourceMapping": "batches, bisecting, retries and failures by AWS's rules, "
    "read as the function's role; always one batch of a shard at a time",
    "AWS::Lambda::Function": "its asset in processes of their own under its role, with timeout and "
    "reserved concurrency; the host's Python, no memory limit, no network of its own",
    "AWS::Lambda::Permission": "",
    "AWS::Logs::LogGroup": "written as the execution role; embedded metrics are read",
    "AWS::Logs::LogStream": "",
    "AWS::S3::Bucket": "no lifecycle, access logs or replication",
    "AWS::S3::BucketPolicy": "enforced; every call counts as encrypted in transit",
    "AWS::SNS::Subscription": "to queues and functions; e-mail is never sent",
    "AWS::SNS::Topic": "",
    "AWS::SNS::TopicPolicy": "enforced",
    "AWS::SQS::Queue": "a CMK is asked for, messages are not encrypted",
    "AWS::SQS::QueuePolicy": "enforced",
    "AWS::SSM::Parameter": "",
    "AWS::StepFunctions::StateMachine": "states, retries and catches; tasks call functions, "
    "SageMaker, Athena and topics as its role; no logs and no traces",
    "AWS::SageMaker::FeatureGroup": "records, newest by event time, and their history as Parquet",
    "AWS::SageMaker::ModelPackageGroup": "",
    "AWS::Scheduler::Schedule": "invokes its function under its role when it is time, in UTC; "
    "every minute's as often as a rollout's minute lasts",
    "AWS::SecretsManager::Secret": "no rotation by the clock",
    "AWS::SecretsManager::SecretTargetAttachment": "",
    "AWS::XRay::SamplingRule": "by API, with reservoir and rate",
}
STOOD_IN = {
    "AWS::Athena::WorkGroup": "DuckDB answers, with the functions of Athena that queries here "
    "call, and the caller's rights on tables, objects and keys",
    "AWS::ECS::Cluster": "local processes",
    "AWS::ECS::Service": "local processes, replaced one version by the next: no canary steps, "
    "no deployment alarms, no capacity providers",
    "AWS::ECS::TaskDefinition": "a process of the project's own interpreter from the image's "
    "build context, with its environment, secrets and role; no CPU, memory, user or "
    "read-only limits",
    "AWS::ElastiCache::ReplicationGroup": "Redis 6.2 behind a TLS proxy; one node, no failover, "
    "commands that only Valkey knows are missing",
    "AWS::ElastiCache::User": "an ACL user of that Redis",
    "AWS::ElastiCache::UserGroup": "its users are let in, nobody else",
    "AWS::KinesisFirehose::DeliveryStream": "DuckDB writes its Parquet, as its role; buffers wait "
    "5 s at most, whatever the template hints",
    "AWS::OpenSearchService::Domain": "a server in memory that knows document, bulk, count and "
    "plain search calls; TLS, signatures and the callers' policies are real",
    "AWS::RDS::DBCluster": "PostgreSQL 18 behind a TLS proxy, with the secret's password; the "
    "reader is the writer, so nothing lags or fails over; no backups, nothing encrypted at rest",
    "AWS::RDS::DBInstance": "that one PostgreSQL",
    "AWS::SecretsManager::RotationSchedule": "rotates with its deployment where it says so, and "
    "never by the clock; its function can be invoked",
}
EXPRESSION_ALARM = "AWS::CloudWatch::Alarm over an expression"
# Types that the emulator keeps, and that change nothing that a request meets.
RECORDED = {
    "AWS::ApiGateway::Account": "",
    "AWS::CDK::Metadata": "",
    "AWS::EC2::InternetGateway": "no network is emulated",
    "AWS::EC2::Route": "no network is emulated",
    "AWS::EC2::RouteTable": "no network is emulated",
    "AWS::EC2::SecurityGroup": "no network is emulated: nothing is closed here",
    "AWS::EC2::Subnet": "no network is emulated",
    "AWS::EC2::SubnetRouteTableAssociation": "no network is emulated",
    "AWS::EC2::VPC": "no network is emulated",
    "AWS::EC2::VPCEndpoint": "no network is emulated, its policy is not read",
    "AWS::EC2::VPCGatewayAttachment": "no network is emulated",
    "AWS::ElastiCache::SubnetGroup": "no network is emulated",
    "AWS::Glue::Database": "read when Athena and Firehose ask for its tables",
    "AWS::Glue::Table": "read when Athena and Firehose ask for its columns",
    "AWS::RDS::DBClusterParameterGroup": "its parameters are not set; TLS is required anyway",
    "AWS::RDS::DBSubnetGroup": "no network is emulated",
    **dict.fromkeys(RECORDED_TYPES, ""),
    EXPRESSION_ALARM: "nothing evaluates metric math",
    "AWS::CloudWatch::CompositeAlarm": "what it is made of is recorded only, too",
    "AWS::CloudWatch::Dashboard": "kept, and drawn by nothing",
    "AWS::ApiGatewayV2::VpcLink": "API Gateway goes to the load balancer without it",
    "AWS::ApplicationAutoScaling::ScalableTarget": "services do not scale; endpoints' variants do, "
    "by targets that no template holds",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "services do not scale",
    "AWS::EC2::SecurityGroupEgress": "no network is emulated",
    "AWS::EC2::SecurityGroupIngress": "no network is emulated",
    "AWS::Logs::ResourcePolicy": "what it lets in does not write here",
    "AWS::WAFv2::WebACL": "no request is inspected",
}
DECISIONS = {
    **{name: (Fidelity.EXECUTES, note) for name, note in EXECUTES.items()},
    **{name: (Fidelity.STOOD_IN, note) for name, note in STOOD_IN.items()},
    **{name: (Fidelity.RECORDED, note) for name, note in RECORDED.items()},
}


def describe_types(stacks: Iterable[Stack]) -> list[TypeFidelity]:
    """The table for these stacks. Raises UndecidedTypes."""
    counts = Counter(
        _decided_as(resource)
        for stack in stacks
        for resource in stack.template["Resources"].values()
    )
    undecided = sorted(counts.keys() - DECISIONS.keys())
    if undecided:
        raise UndecidedTypes(
            f"nobody decided what {', '.join(undecided)} does on the laptop: say it in "
            "ops/local/fidelity.py (executes, stood in for, or recorded only)"
        )
    return [TypeFidelity(name, counts[name], *DECISIONS[name]) for name in sorted(counts)]


def _decided_as(resource: Mapping[str, Any]) -> str:
    name: str = resource["Type"]
    over_expression = "Metrics" in resource.get("Properties", {})
    return EXPRESSION_ALARM if name == "AWS::CloudWatch::Alarm" and over_expression else name


def summarize(table: Iterable[TypeFidelity]) -> str:
    """One line: how many types of each kind."""
    kinds = Counter(row.fidelity for row in table)
    return ", ".join(f"{kinds[kind]} {kind}" for kind in Fidelity)
