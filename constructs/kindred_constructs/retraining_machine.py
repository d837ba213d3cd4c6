"""The state machine of retraining: from a month of events to a model that serves, or to a reason.

What each state answers is written where the functions are, in `lambda_src/retraining_functions`.
"""

from __future__ import annotations

import math

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from kindred_constructs.announcement_topic import AnnouncementTopic
from kindred_constructs.grants import allow
from kindred_constructs.machine_tasks import MachineTasks
from kindred_constructs.retraining_functions import RetrainingFunctions
from kindred_constructs.training_job import TrainingJob

# Step Functions delivers logs in its own name, and X-Ray knows no resources: neither takes one.
_WITHOUT_RESOURCE = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)


# An experiment may take three months; another one may have to be waited for as long. Data, training
# (48 hours of work at most, and as much of waiting for Spot) and staging fit into the two weeks.
_EXPERIMENT_DAYS, _MARGIN_DAYS = 90, 14
# Step Functions ends an execution after a year.
_MOST_DAYS = 365


def longest_days(retire_after_days: float) -> int:
    """How long a run may take: 90 + 90 + 30 + 14 = 224 days where the old model stays for 30."""
    return min(_MOST_DAYS, 2 * _EXPERIMENT_DAYS + math.ceil(retire_after_days) + _MARGIN_DAYS)


class RetrainingMachine(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: RetrainingFunctions,
        job: TrainingJob,
        topic: AnnouncementTopic,
        workgroup: str,
        log_key: kms.IKey,
        retire_after_days: float,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        self._tasks = MachineTasks(
            self, functions=functions, topic=topic, role=self.role, workgroup=workgroup
        )
        self._job = job
        job.grant_run(self.role)
        topic.grant_announce(self.role)
        allow(self.role, ["*"], *_WITHOUT_RESOURCE)
        self.machine = sfn.StateMachine(
            self,
            "Resource",
            comment="Retraining of the embedding model",
            definition_body=sfn.DefinitionBody.from_chainable(self._definition()),
            # What the tasks' own grants would be takes in every version of a function.
            role=self.role.without_policy_updates(),
            logs=sfn.LogOptions(
                destination=logs.LogGroup(self, "Log", encryption_key=log_key),
                level=sfn.LogLevel.ALL,
                # Queries and figures are in the records of runs.
                include_execution_data=False,
            ),
            tracing_enabled=True,
            timeout=cdk.Duration.days(longest_days(retire_after_days)),
        )
        self.machine.node.add_dependency(self.role)

    def grant_start(self, grantee: iam.IGrantable) -> None:
        machine = self.machine.state_machine_arn
        allow(grantee, [machine], "states:ListExecutions", "states:StartExecution")

    def _definition(self) -> sfn.IChainable:
        archive = self._archive()
        begin = sfn.Pass(
            self,
            "Begin",
            parameters={
                "run_id": sfn.JsonPath.execution_name,
                "started_at": sfn.JsonPath.execution_start_time,
            },
        )
        return begin.next(self._prepare(self._train(archive)))

    def _prepare(self, then: sfn.IChainable) -> sfn.IChainable:
        tasks = self._tasks
        plan = tasks.invoke("PlanTrainingData", "plan")
        check = tasks.invoke("CheckTrainingData", "data")
        done = sfn.Succeed(self, "NothingToLearnFrom")
        query = tasks.query("QueryTrainingData")
        plan.next(
            self._if("$.plan.ready", "IsReady", query, tasks.tell("TellNotReady", "plan", done))
        )
        query.next(check)
        check.next(
            self._if("$.data.enough", "IsEnough", then, tasks.tell("TellTooLittle", "data", done))
        )
        return plan

    def _train(self, archive: sfn.IChainable) -> sfn.IChainable:
        tasks = self._tasks
        train = tasks.train("TrainModel", self._job)
        evaluate = tasks.invoke("EvaluateModel", "evaluation")
        register = tasks.invoke("RegisterModel", "package")
        told = tasks.tell("TellPromotion", "evaluation", self._stage(archive))
        train.next(evaluate)
        evaluate.next(register)
        register.next(self._if("$.evaluation.promote", "IsBetter", told, archive))
        return train

    def _stage(self, archive: sfn.IChainable) -> sfn.IChainable:
        """Whatever happens to the model that is tried, its endpoint goes."""
        tasks = self._tasks
        remove = tasks.invoke("RemoveStaging", "removal")
        again = self._wait("WaitForRemoval", "$.removal.wait_seconds", remove)
        passed = self._if("$.removal.passed", "HasPassed", self._approve(archive), archive)
        remove.next(self._if("$.removal.removed", "IsRemoved", passed, again))
        stage, check, test, simulate = (
            tasks.invoke(name, answer, on_failure=remove)
            for name, answer in (
                ("StageModel", "staging"),
                ("CheckStaging", "staging"),
                ("TestStaging", "regression"),
                ("SimulateExperiment", "simulation"),
            )
        )
        path = "$.staging.wait_seconds"
        wait = self._wait("WaitForStaging", path, check)
        # What an aborted run left must go before this run's endpoint can be made.
        stage.next(
            sfn.Choice(self, "IsCleared")
            .when(
                sfn.Condition.string_equals("$.staging.status", "clearing"),
                self._wait("WaitForClearing", path, stage),
            )
            .otherwise(wait)
        )
        check.next(
            sfn.Choice(self, "IsStaged")
            .when(sfn.Condition.string_equals("$.staging.status", "creating"), wait)
            .when(sfn.Condition.string_equals("$.staging.status", "in_service"), test)
            .otherwise(remove)
        )
        test.next(self._if("$.regression.passed", "IsRegressionFree", simulate, remove))
        simulate.next(remove)
        return stage

    def _approve(self, archive: sfn.IChainable) -> sfn.IChainable:
        tasks = self._tasks
        approve = tasks.invoke("ApproveModel", "approval")
        start = tasks.invoke("StartExperiment", "experiment")
        follow = tasks.invoke("FollowExperiment", "experiment")
        path = "$.experiment.wait_seconds"
        later = self._wait("WaitForExperiment", path, start)
        wait = self._wait("WaitForTraffic", path, follow)
        approve.next(start)
        outcome = "$.experiment.outcome"
        start.next(
            sfn.Choice(self, "HasStarted")
            .when(sfn.Condition.string_equals(outcome, "waiting"), later)
            .otherwise(tasks.tell("TellStart", "experiment", wait))
        )
        follow.next(
            sfn.Choice(self, "IsDecided")
            .when(
                sfn.Condition.string_equals(outcome, "promoted"),
                tasks.tell("TellPromoted", "experiment", self._retire()),
            )
            .when(
                sfn.Condition.string_equals(outcome, "rolled_back"),
                tasks.tell("TellRolledBack", "experiment", archive),
            )
            .when(
                sfn.Condition.boolean_equals("$.experiment.changed", True),
                tasks.tell("TellChange", "experiment", wait),
            )
            .otherwise(wait)
        )
        return approve

    def _retire(self) -> sfn.IChainable:
        retire = self._tasks.invoke("RetireModel", "retirement")
        end = sfn.Succeed(self, "Replaced")
        retire.next(self._tasks.tell("TellRetirement", "retirement", end))
        return self._wait("WaitBeforeRetiring", "$.experiment.wait_seconds", retire)

    def _archive(self) -> sfn.IChainable:
        archive = self._tasks.invoke("ArchiveModel", "archive")
        end = sfn.Succeed(self, "Archived")
        archive.next(self._tasks.tell("TellArchive", "archive", end))
        return archive

    def _wait(self, name: str, seconds_path: str, then: sfn.IChainable) -> sfn.IChainable:
        return sfn.Wait(self, name, time=sfn.WaitTime.seconds_path(seconds_path)).next(then)

    def _if(
        self, path: str, name: str, then: sfn.IChainable, otherwise: sfn.IChainable
    ) -> sfn.Choice:
        condition = sfn.Condition.boolean_equals(path, True)
        return sfn.Choice(self, name).when(condition, then).otherwise(otherwise)
