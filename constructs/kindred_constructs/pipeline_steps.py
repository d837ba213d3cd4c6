"""The steps of a pipeline, each a project that may do its own work and nothing besides."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from kindred_constructs.pipeline_project import Builder, PipelineProject, Workplace
from kindred_constructs.pipeline_stores import ReleaseRepository

_LARGE = codebuild.ComputeType.LARGE


class BuildSteps(Construct):
    """Once for each commit: what it is worth, its images, and the assembly that names them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workplace: Workplace,
        images: ReleaseRepository,
    ) -> None:
        super().__init__(scope, construct_id)
        self._workplace = workplace
        self.check = self._project("Check", minutes=60, compute=_LARGE)
        self.test = self._project("Test", minutes=90, compute=_LARGE)
        self.performance = self._project("Performance", minutes=30, compute=_LARGE)
        self.plan = self._project("Plan", minutes=30)
        self.build = {each: self._image_project(each, images) for each in Builder}
        self.release = self._project("Release", minutes=60, images=images)
        images.grant_pull_push(self.release.step_role)
        images.grant_judge(self.release.step_role)

    def _project(
        self,
        name: str,
        *,
        minutes: int,
        compute: codebuild.ComputeType = codebuild.ComputeType.MEDIUM,
        images: ecr.IRepository | None = None,
    ) -> PipelineProject:
        return PipelineProject(
            self,
            name,
            specification=name.lower(),
            workplace=self._workplace,
            timeout=cdk.Duration.minutes(minutes),
            compute=compute,
            variables={"IMAGES": images.repository_name} if images else None,
        )

    def _image_project(self, builder: Builder, images: ecr.IRepository) -> PipelineProject:
        project = PipelineProject(
            self,
            f"Images{builder.value.title()}",
            specification="images",
            workplace=self._workplace,
            timeout=cdk.Duration.minutes(60),
            builder=builder,
            docker=True,
            variables={
                "IMAGES": images.repository_name,
                "IMAGES_URI": images.repository_uri,
                "PROCESSOR": builder.value,
            },
        )
        images.grant_pull_push(project.step_role)
        return project


class StageSteps(Construct):
    """Once for each environment. Only `deploy` may change one; the others look."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workplace: Workplace,
        images: ReleaseRepository,
        accounts: Sequence[str],
        pipeline_name: str,
        deploy_hours: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self._workplace = workplace
        self._accounts = tuple(accounts)
        self._pipeline = {"PIPELINE": pipeline_name}
        self.changes = self._looking("Changes", minutes=20)
        self.smoke = self._looking("Smoke", minutes=20)
        self.end_to_end = self._looking("EndToEnd", minutes=30)
        self.load = self._looking("Load", minutes=8 * 60)
        self.watch = self._looking("Watch", minutes=5 * 60)
        self.deploy = PipelineProject(
            self,
            "Deploy",
            specification="deploy",
            workplace=workplace,
            timeout=cdk.Duration.hours(deploy_hours),
            variables={**self._pipeline, "IMAGES": images.repository_name},
        )
        images.grant_pull(self.deploy.step_role)
        self.deploy.allow_bootstrap_roles(
            ("deploy", "file-publishing", "image-publishing", "lookup"), accounts=self._accounts
        )

    def _looking(self, name: str, *, minutes: int) -> PipelineProject:
        project = PipelineProject(
            self,
            name,
            specification={"EndToEnd": "end-to-end"}.get(name, name.lower()),
            workplace=self._workplace,
            timeout=cdk.Duration.minutes(minutes),
            variables=self._pipeline,
        )
        project.allow_bootstrap_roles(("lookup",), accounts=self._accounts)
        return project
