"""Every choice an environment file offers, and their synthesis beside each other."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from stacks.application import create_app
from stacks.environment_file import DIRECTORY, parse_environment
from stacks.platform import Platform

GIVEN_VPC = {
    "vpc_id": "vpc-0123456789abcdef0",
    "cidr": "10.0.0.0/16",
    "availability_zones": ["us-east-1a", "us-east-1b"],
    "private_subnet_ids": ["subnet-a", "subnet-b"],
    "isolated_subnet_ids": ["subnet-c", "subnet-d"],
}
TABLES = {"private_route_table_ids": ["rtb-a", "rtb-b"]}
WITHOUT_NAT = {
    "nat_gateways": 0,
    "interface_endpoints": [
        *("cognito-idp", "ecr.api", "ecr.dkr", "kinesis-streams"),
        *("logs", "secretsmanager", "sqs", "xray"),
    ],
}
SECRETS = "arn:aws:secretsmanager:us-east-1:111122223333:secret"
TOGGLES = {
    "asis": {},
    "givenvpc": {"network": {"vpc": GIVEN_VPC}},
    "givenvpcrt": {"network": {"vpc": {**GIVEN_VPC, **TABLES}, "interface_endpoints": ["sts"]}},
    "nonat": {"network": WITHOUT_NAT},
    "threezones": {"network": {"availability_zones": 3, "nat_gateways": 1}},
    "domain": {"domain": {"name": "kindred.example.com", "hosted_zone_id": "Z0123456789"}},
    "boundary": {"permissions_boundary": "team-boundary"},
    "rolling": {"deployment": {"strategy": "rolling"}},
    "told": {
        "alarms": {"email": "on-call@example.com"},
        "approvals": {"required": True},
        "integrations": {
            "slack": {"secret_arn": f"{SECRETS}:slack-AbCdEf", "channel": "#winners"},
            "assistant": {"secret_arn": f"{SECRETS}:anthropic-AbCdEf"},
            "email": {
                "secret_arn": f"{SECRETS}:sendgrid-AbCdEf",
                "recipient": "team@example.com",
                "sender": "kindred@example.com",
            },
        },
    },
    "nosearch": {"sizes": {"search": None}},
    "shared": {"api": {"owns_account_log_role": False}},
    "x86": {"image": {"architecture": "x86_64"}},
    "models": {
        "rollout": {"endpoints": ["embeddings", "ranking-large"]},
        "retraining": {"spot": False, "starts_on": "WED", "starts_at": "21:30"},
    },
    "starter": {"tier": "starter"},
    "growth": {"tier": "growth"},
    "high": {"tier": "high"},
    "extreme": {"tier": "extreme"},
    "tworegions": {"regions": ["us-east-1", "eu-west-1"]},
}

# What services and the API in front of them can be told, all at once.
SERVED = {
    "api": {
        "client_tiers": {
            "trial": {"rate_per_second": 1, "burst": 2, "daily_quota": 100, "clients": ["acme"]},
            "partner": {"rate_per_second": 10, "burst": 20, "clients": ["globex", "initech"]},
        }
    },
    "deployment": {
        "strategy": "rolling",
        "services": {
            "prediction": {
                "strategy": "linear",
                "linear_percent": 25,
                "old_tasks_kept_minutes": 30,
            },
            "experiments": {"strategy": "blue_green", "old_tasks_kept_minutes": 30},
        },
    },
}


def synthesize_choices(
    name: str, output: Path, changes: Mapping[str, Mapping[str, Any]] = TOGGLES
) -> None:
    """All of an environment in one application, as so many instances beside each other."""
    app = create_app(outdir=output)
    app.node.set_context("aws:cdk:disable-asset-staging", True)
    app.node.set_context("aws:cdk:bundling-stacks", [])
    document = yaml.safe_load((DIRECTORY / f"{name}.yaml").read_text())
    for instance, change in changes.items():
        text = json.dumps({**document, **change, "instance": instance})
        environment = parse_environment(text, file=f"{name}.yaml")
        for region in environment.regions:
            Platform(app, environment=environment, region=region)
    app.synth()
