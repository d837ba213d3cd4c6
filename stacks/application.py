"""The CDK application itself: its settings from `cdk.json`, and the policy it must pass."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from kindred_constructs.function_bundle import WheelsMissing
from kindred_constructs.released_images import ReleasedImages
from stacks.acknowledgements import Acknowledgement, acknowledge
from stacks.environment import Environment
from stacks.findings import REPORT, Finding, findings
from stacks.platform import Platform
from stacks.release import load_release
from stacks.yaml_file import InvalidFile

_CDK_JSON = Path(__file__).parents[1] / "cdk.json"

_AS_THE_COMMAND_LINE = {
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:enable-asset-metadata": True,
}
# Stack traces name temporary folders, another at every run.
_REPEATABLE = {
    "aws:cdk:disable-stack-trace": True,
    "aws:cdk:disable-creation-stack-traces": True,
}


def create_app(*, outdir: Path | None = None, images: ReleasedImages | None = None) -> cdk.App:
    """The same however it is started: the command line reads `cdk.json`, Python alone does not.

    With `images` stacks name those that a release has built; without, they build their own.
    """
    context = json.loads(_CDK_JSON.read_text("utf-8"))["context"]
    return cdk.App(
        context={**context, **_AS_THE_COMMAND_LINE, **_REPEATABLE},
        outdir=str(outdir) if outdir else None,
        # It is reusable as its parent is, whatever the library's types say of it.
        default_stack_synthesizer=cast("cdk.IReusableStackSynthesizer | None", images),
        analytics_reporting=False,
    )


def released_images(file: str | None) -> ReleasedImages | None:
    """Raises InvalidFile."""
    return ReleasedImages(load_release(Path(file)).digests) if file else None


def assemble(
    app: cdk.App, environments: Sequence[Environment], *, images: ReleasedImages | None = None
) -> list[Platform]:
    """A stage for each region of each.

    Raises InvalidFile where a lock's wheels are missing, and where a release lacks an image.
    """
    try:
        platforms = [
            Platform(app, environment=environment, region=region)
            for environment in environments
            for region in environment.regions
        ]
    except WheelsMissing as missing:
        raise InvalidFile(str(missing)) from None
    if images and images.missing:
        raise InvalidFile(
            "\n".join(
                f"the release has no image of {image}; it was built of other sources"
                for image in dict.fromkeys(images.missing)
            )
        )
    return platforms


def apply_policy(
    app: cdk.App, platforms: Sequence[Platform], acknowledgements: Sequence[Acknowledgement]
) -> None:
    """Any finding that is not acknowledged fails the synthesis."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(), NIST80053R5Checks())
    for platform in platforms:
        acknowledge(platform, platform.environment, acknowledgements)


def synthesize(app: cdk.App) -> list[Finding]:
    """Write the assembly; returns the findings that nobody has acknowledged.

    Started by the command line the library leaves findings in the report and succeeds; started by
    Python it raises. Here they are a result either way.
    """
    assembly = Path(app.outdir)
    (assembly / REPORT).unlink(missing_ok=True)
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    return findings(assembly)
