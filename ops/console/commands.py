"""`kindred console`: the web page of an environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from ops.console.preview_command import preview
from ops.console.publishing import invalidation, publish
from ops.console.site import InvalidSite, SiteFile, build
from ops.deployed_stage import DeployedStage, NotDeployed, stage_of
from ops.terminal import failed

EDGE_REGION = "us-east-1"

app = typer.Typer(help="The web page of an environment.", no_args_is_help=True)
app.command("preview")(preview)
Name = Annotated[str, typer.Option("--environment", help="An environment's file, by name.")]
Region = Annotated[str | None, typer.Option(help="Where an environment has several.")]


@app.command("build")
def build_site(
    output: Annotated[Path, typer.Option(help="A folder to write the site into.")],
    environment: Name = "dev",
    region: Region = None,
) -> None:
    """Write the site as it would be published, configured for a deployed environment."""
    for file in _built(_stage(environment, region)):
        path = output / file.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        typer.echo(f"{file.key}  {file.cache_control}")


@app.command("publish")
def publish_site(environment: Name = "dev", region: Region = None) -> None:
    """Put the site into the environment's bucket, and have CloudFront fetch its pages anew."""
    stage = _stage(environment, region)
    edge = DeployedStage(prefix=stage.prefix, region=EDGE_REGION)
    files = _built(stage)
    try:
        bucket = edge.output("EdgeStack", "ConsoleBucketName")
        distribution = edge.output("EdgeStack", "ConsoleDistributionId")
        url = edge.output("EdgeStack", "ConsoleUrl")
        put = publish(boto3.client("s3", region_name=EDGE_REGION), bucket, files)
        boto3.client("cloudfront", region_name=EDGE_REGION).create_invalidation(
            DistributionId=distribution, InvalidationBatch=invalidation(files)
        )
    except NotDeployed as error:
        raise failed(str(error)) from None
    except (ClientError, BotoCoreError) as error:
        raise failed(f"AWS refused: {error}") from None
    typer.echo(f"{len(put)} of {len(files)} files put: {url}")


def _built(stage: DeployedStage) -> tuple[SiteFile, ...]:
    try:
        return build(
            {
                "clientId": stage.output("DataStack", "ConsoleClientId"),
                "signInUrl": stage.output("DataStack", "SignInUrl"),
            }
        )
    except (NotDeployed, InvalidSite) as error:
        raise failed(str(error)) from None


def _stage(environment: str, region: str | None) -> DeployedStage:
    try:
        return stage_of(environment, region=region)
    except NotDeployed as error:
        raise failed(str(error)) from None
