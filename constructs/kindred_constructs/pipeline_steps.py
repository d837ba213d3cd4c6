"""The steps of a pipeline, each a project that may do its own work and nothing besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from kindred_constructs.pipeline_project import Builder, PipelineProject, Workplace
from kindred_constructs.pipeline_stores import ReleaseRepository

_LARGE = codebuild.ComputeType.LARGE
# A stage's `watch_minutes` at most, and what comes before.
_LONGEST_WATCH_MINUTES = 240 + 20


class BuildSteps(Construct):
    """Once for each commit: what it is worth, its images, and the assembly that names them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workplace: Workplace,
        images: ReleaseRepository,
        pipeline_name: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._workplace = workplace
        pipeline = {"PIPELINE": pipeline_name}
        self.check = self._project("Check", minutes=60, compute=_LARGE)
        self.test = self._project("Test", minutes=90, compute=_LARGE)
        self.performance = self._project("Performance", minutes=30, compute=_LARGE)
        self.plan = self._project("Plan", minutes=30, variables=pipeline)
        self.build = {each: self._image_project(each, images) for each in Builder}
        self.release = self._project(
            "Release", minutes=60, variables={**pipeline, "IMAGES": images.repository_name}
        )
        images.grant_pull_push(self.release.step_role)
        images.grant_judge(self.release.step_role)

    @property
    def projects(self) -> tuple[PipelineProject, ...]:
        first = (self.check, self.test, self.performance, self.plan)
        return (*first, *self.build.values(), self.release)

    def _project(
        self,
        name: str,
        *,
        minutes: int,
        compute: codebuild.ComputeType = codebuild.ComputeType.MEDIUM,
        variables: Mapping[str, str] | None = None,
    ) -> PipelineProject:
        return PipelineProject(
            self,
            name,
            specification=name.lower(),
            workplace=self._workplace,
            timeout=cdk.Duration.minutes(minutes),
            compute=compute,
            variables=variables,
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
        pipeline = {"PIPELINE": pipeline_name}
        self.changes = self._looking("Changes", minutes=20)
        self.smoke = self._looking("Smoke", minutes=20)
        self.end_to_end = self._looking("EndToEnd", minutes=30)
        self.load = self._looking("Load", minutes=deploy_hours * 60, variables=pipeline)
        self.watch = self._looking("Watch", minutes=_LONGEST_WATCH_MINUTES, variables=pipeline)
        self.deploy = PipelineProject(
            self,
            "Deploy",
            specification="deploy",
            workplace=workplace,
            timeout=cdk.Duration.hours(deploy_hours),
            variables={"IMAGES": images.repository_name},
        )
        images.grant_pull(self.deploy.step_role)
        self.deploy.allow_bootstrap_roles(
            *("deploy", "file-publishing", "image-publishing", "lookup"), accounts=self._accounts
        )

    @property
    def projects(self) -> tuple[PipelineProject, ...]:
        looking = (self.changes, self.smoke, self.end_to_end, self.load, self.watch)
        return (*looking, self.deploy)

    def _looking(
        self, name: str, *, minutes: int, variables: Mapping[str, str] | None = None
    ) -> PipelineProject:
        project = PipelineProject(
            self,
            name,
            specification={"EndToEnd": "end-to-end"}.get(name, name.lower()),
            workplace=self._workplace,
            timeout=cdk.Duration.minutes(minutes),
            variables=variables,
        )
        project.allow_bootstrap_roles("lookup", accounts=self._accounts)
        return project
