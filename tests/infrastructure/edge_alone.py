"""The edge of an environment by itself, beside as much of a platform as it refers to."""

from types import SimpleNamespace

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway

from kindred_constructs.alarm_topics import AlarmTopics
from kindred_constructs.edge_secret import EdgeSecret
from kindred_constructs.house_rules import house_rules
from kindred_constructs.telemetry_key import TelemetryKey
from stacks.application import create_app
from stacks.edge_stack import EdgeStack
from tests.infrastructure.choices import changed
from tests.infrastructure.synthesized import Synthesized

STAGE = "Kindred-dev"
SIGN_IN = "https://people.example.com"
DOMAIN = {"domain": {"name": "kindred.example.com", "hosted_zone_id": "Z0123456789"}}
EXPERIMENT = {
    "key": "landing",
    "urlPatterns": [{"type": "simple", "include": True, "pattern": "*/home"}],
    "variations": [{}, {"urlRedirect": "https://shop.kindred.example.com/home-new"}],
}
SITE = {
    "name": "Shop",
    "origin": "origin.example.com",
    "domain_names": ["shop.kindred.example.com"],
    "experiments": [EXPERIMENT],
}


def assemble_edge(app, region, chosen):
    """A stage with the edge of the environment in that region of it."""
    stage = cdk.Stage(
        app,
        STAGE,
        env=cdk.Environment(region=region),
        property_injectors=house_rules(production=False, log_days=14),
    )
    home = cdk.Stack(stage, "HomeStack")
    key = TelemetryKey(home, "TelemetryKey")
    stack = EdgeStack(
        stage,
        "EdgeStack",
        environment=chosen,
        region=region,
        network=SimpleNamespace(
            telemetry_key=key, alarms=AlarmTopics(home, "Alarms", key=key, email=None)
        ),
        data=SimpleNamespace(
            edge_secret=EdgeSecret(
                home, "EdgeSecret", key=key, removal_policy=cdk.RemovalPolicy.DESTROY
            ),
            users=SimpleNamespace(sign_in_url=SIGN_IN),
        ),
        services=apigateway.RestApi.from_rest_api_id(home, "Services", "services"),
        models=apigateway.RestApi.from_rest_api_id(home, "Models", "models"),
    )
    return stage, stack


def edge(folder, *, region="us-east-1", **change):
    app = create_app(outdir=folder)
    app.node.set_context("aws:cdk:disable-asset-staging", True)
    assemble_edge(app, region, changed("dev", **{"regions": [region], **change}))
    app.synth()
    return Synthesized(folder, STAGE)


def distribution(platform, name):
    config = platform.at(f"EdgeStack/{name}").properties["DistributionConfig"]
    return dict(config)


def behaviours(platform, name):
    """By path; the default is `*`."""
    config = distribution(platform, name)
    others = {each["PathPattern"]: each for each in config.get("CacheBehaviors", [])}
    return {"*": config["DefaultCacheBehavior"], **others}


def origin_of(platform, name, behaviour):
    origins = {each["Id"]: each for each in distribution(platform, name)["Origins"]}
    return origins[behaviour["TargetOriginId"]]
