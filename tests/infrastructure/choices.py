"""Every choice an environment file offers, and their synthesis beside each other."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from stacks.application import create_app
from stacks.environment import Environment
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
        *("aps-workspaces", "ecs"),
    ],
}
SECRETS = "arn:aws:secretsmanager:us-east-1:111122223333:secret"
TOGGLES: dict[str, dict[str, Any]] = {
    "givenvpc": {"network": {"vpc": GIVEN_VPC}},
    "givenvpcrt": {"network": {"vpc": {**GIVEN_VPC, **TABLES}, "interface_endpoints": ["sts"]}},
    "nonat": {"network": WITHOUT_NAT, "telemetry": {"prometheus": True}},
    "threezones": {"network": {"availability_zones": 3, "nat_gateways": 1}},
    "domain": {"domain": {"name": "kindred.example.com", "hosted_zone_id": "Z0123456789"}},
    "account": {"account": "111122223333"},
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
    "unrecovered": {"recovery": {"strategy": "none"}},
    "restored": {
        "recovery": {
            "strategy": "backup_and_restore",
            "region": "us-west-2",
            "rto_minutes": 480,
            "rpo_minutes": 1680,
            "fault_injection": True,
        }
    },
    "warm": {
        "recovery": {
            "strategy": "warm_standby",
            "region": "us-west-2",
            "rto_minutes": 15,
            "rpo_minutes": 5,
        }
    },
    "guarded": {"account_guards": {"cloudtrail": True, "guardduty": True, "config": True}},
    "unwatched": {"checks": None, "logs": {"export": None}},
    "watched": {
        "telemetry": {"prometheus": True, "scrape_seconds": 60},
        "monitoring": {"silence_minutes": 5},
        "budgets": {"monthly_usd": 100, "services": {"AmazonCloudWatch": 10}},
        "logs": {"sample_percent": 1},
        "retention": {"log_days": 30, "event_archive_days": 60},
    },
}
# Every choice in every environment, and every mix of one region or two, a domain or none, a VPC of
# our own or a given one, which is of one region.
INSTANCES = {
    "given": ("givenvpc", "nosearch", "starter", "unrecovered"),
    "givendomain": ("givenvpcrt", "domain", "x86", "growth", "watched", "restored"),
    "owndomain": ("threezones", "domain", "told", "rolling", "extreme", "warm"),
    "nonat": ("nonat", "account", "boundary", "shared", "high", "unrecovered", "unwatched"),
    "tworegions": ("tworegions", "models", "unrecovered", "guarded"),
    "twodomain": ("tworegions", "domain", "unrecovered"),
}

# What services, the API in front of them and alarms can be told, all at once.
SERVED = {
    "alarms": {
        "email": "on-call@example.com",
        "slack": {"secret_arn": f"{SECRETS}:bot-AbCdEf"},
        "pagerduty": {"secret_arn": f"{SECRETS}:pager-AbCdEf"},
    },
    "reports": {"email": "heads@example.com"},
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


def instance_of(choice: str) -> str:
    """The first that has made it."""
    return next(name for name, choices in INSTANCES.items() if choice in (name, *choices))


def mixed(choices: Sequence[str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for choice in choices:
        assert not changes.keys() & TOGGLES[choice].keys(), choice
        changes |= TOGGLES[choice]
    return changes


def synthesize_instances(name: str, output: Path) -> None:
    synthesize_choices(
        name, output, {instance: mixed(choices) for instance, choices in INSTANCES.items()}
    )


def changed(name: str, **change: Any) -> Environment:
    """What the environment's file says, but for these keys. Raises InvalidFile."""
    document = yaml.safe_load((DIRECTORY / f"{name}.yaml").read_text())
    return parse_environment(json.dumps({**document, **change}), file=f"{name}.yaml")


def synthesize_choices(name: str, output: Path, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """All of an environment in one application, as so many instances beside each other."""
    app = create_app(outdir=output)
    app.node.set_context("aws:cdk:bundling-stacks", [])
    for instance, change in changes.items():
        environment = changed(name, **change, instance=instance)
        for region in environment.regions:
            Platform(app, environment=environment, region=region)
    app.synth()
