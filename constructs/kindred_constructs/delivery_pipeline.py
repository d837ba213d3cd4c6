"""From a commit to production: built once, and the same assembly and digests at every stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.pipeline_notices import PipelineNotices
from kindred_constructs.pipeline_project import Builder, PipelineProject, Workplace
from kindred_constructs.pipeline_steps import BuildSteps, StageSteps

_SOURCE, _PLAN, _RELEASE = "Source", "Plan", "Release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """On GitHub, reached through a connection that somebody has confirmed once."""

    name: str
    branch: str
    connection_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """An environment on the way, and what it asks for."""

    environment: str
    approval: bool
    end_to_end: bool
    load_test: bool
    watched: bool
    rollback: bool


class DeliveryPipeline(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        repository: Repository,
        promotions: Sequence[Promotion],
        workplace: Workplace,
        notices: PipelineNotices,
        build: BuildSteps,
        steps: StageSteps,
    ) -> None:
        super().__init__(scope, construct_id)
        self._repository = repository
        self._notices = notices
        self._steps = steps
        role = self._role(workplace, (*build.projects, *steps.projects))
        self._source = codepipeline.Artifact(_SOURCE)
        self._release = codepipeline.Artifact(_RELEASE)
        self.pipeline = codepipeline.Pipeline(
            self,
            "Resource",
            pipeline_type=codepipeline.PipelineType.V2,
            # A newer commit overtakes one that waits for approval.
            execution_mode=codepipeline.ExecutionMode.SUPERSEDED,
            artifact_bucket=workplace.artefacts,
            # Its role starts projects; what each may do is in the project's own. The library would
            # add wildcards for whatever an action could do.
            role=role.without_policy_updates(),
            use_pipeline_role_for_actions=True,
        )
        self.pipeline.add_stage(stage_name="Source", actions=[self._checkout()])
        self.pipeline.add_stage(stage_name="Build", actions=self._build(build))
        for promotion in promotions:
            self._add(promotion)
        self._tell_of_failures()

    def _role(self, workplace: Workplace, projects: Sequence[PipelineProject]) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            description="Takes a commit, starts the steps of the pipeline, asks for approval",
            assumed_by=iam.ServicePrincipal("codepipeline.amazonaws.com"),
        )
        workplace.grant_hand_over(role)
        connection = self._repository.connection_arn
        for actions_, resources in (
            (("codeconnections:UseConnection", "codestar-connections:UseConnection"), [connection]),
            (
                ("codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"),
                [project.project_arn for project in projects],
            ),
            (("sns:Publish",), [self._notices.topic_arn]),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=list(actions_), resources=resources))
        return role

    def _checkout(self) -> actions.CodeStarConnectionsSourceAction:
        owner, _, name = self._repository.name.partition("/")
        self._commit = actions.CodeStarConnectionsSourceAction(
            action_name="GitHub",
            owner=owner,
            repo=name,
            branch=self._repository.branch,
            connection_arn=self._repository.connection_arn,
            output=self._source,
        )
        return self._commit

    def _build(self, steps: BuildSteps) -> list[codepipeline.IAction]:
        """Judged and built side by side; released only when all of it went well."""
        plan = codepipeline.Artifact(_PLAN)
        built = {each: codepipeline.Artifact(f"Images{each.value.title()}") for each in Builder}
        return [
            self._action("Check", steps.check, 1),
            self._action("Test", steps.test, 1),
            self._action("Performance", steps.performance, 1),
            self._action("Plan", steps.plan, 1, outputs=[plan]),
            *(
                self._action(
                    f"Images{each.value.title()}", project, 2, inputs=[plan], outputs=[built[each]]
                )
                for each, project in steps.build.items()
            ),
            self._action(
                "Release",
                steps.release,
                3,
                inputs=[plan, *built.values()],
                outputs=[self._release],
            ),
        ]

    def _add(self, promotion: Promotion) -> None:
        name = promotion.environment.title()
        if promotion.approval:
            # A stage of its own: one that goes back by itself must not wait for anybody.
            self.pipeline.add_stage(stage_name=f"Approve{name}", actions=self._approval(promotion))
        self.pipeline.add_stage(
            stage_name=name,
            actions=self._deployment(promotion),
            on_failure=(
                codepipeline.FailureConditions(result=codepipeline.Result.ROLLBACK)
                if promotion.rollback
                else None
            ),
        )

    def _approval(self, promotion: Promotion) -> list[codepipeline.IAction]:
        changes = self._in(promotion, "Changes", self._steps.changes, 1, namespace=True)
        commit = self._commit.variables.commit_id
        return [
            changes,
            actions.ManualApprovalAction(
                action_name="Approve",
                run_order=2,
                notification_topic=self._notices,
                additional_information=changes.variable("SUMMARY"),
                external_entity_link=f"https://github.com/{self._repository.name}/commit/{commit}",
            ),
        ]

    def _deployment(self, promotion: Promotion) -> list[codepipeline.IAction]:
        steps, full = self._steps, {"LOAD": "full"}
        found = [self._in(promotion, "Deploy", steps.deploy, 1)]
        if promotion.load_test:
            # Without requests a canary's alarms have nothing to say.
            load = {"LOAD": "canary"}
            found.append(self._in(promotion, "CanaryLoad", steps.load, 1, variables=load))
        found.append(self._in(promotion, "Smoke", steps.smoke, 2))
        if promotion.end_to_end:
            found.append(self._in(promotion, "EndToEnd", steps.end_to_end, 3))
        if promotion.load_test:
            found.append(self._in(promotion, "LoadTest", steps.load, 4, variables=full))
        if promotion.watched:
            found.append(self._in(promotion, "Watch", steps.watch, 5))
        return list(found)

    def _in(
        self,
        promotion: Promotion,
        name: str,
        project: PipelineProject,
        run_order: int,
        *,
        namespace: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> actions.CodeBuildAction:
        given = {"ENVIRONMENT": promotion.environment, **(variables or {})}
        return self._action(
            name,
            project,
            run_order,
            inputs=[self._release],
            variables=given,
            variables_namespace=f"{name}In{promotion.environment}" if namespace else None,
        )

    def _action(
        self,
        name: str,
        project: PipelineProject,
        run_order: int,
        *,
        inputs: Sequence[codepipeline.Artifact] = (),
        variables: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> actions.CodeBuildAction:
        given = {"COMMIT": self._commit.variables.commit_id, **(variables or {})}
        return actions.CodeBuildAction(
            action_name=name,
            project=project,
            run_order=run_order,
            input=self._source,
            extra_inputs=list(inputs) or None,
            environment_variables={
                key: codebuild.BuildEnvironmentVariable(value=value) for key, value in given.items()
            },
            **kwargs,
        )

    def _tell_of_failures(self) -> None:
        self.pipeline.on_state_change(
            "Failed",
            description="An execution of the delivery pipeline has failed",
            event_pattern=events.EventPattern(detail={"state": ["FAILED"]}),
            target=self._notices.as_target(),
        )
