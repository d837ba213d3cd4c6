"""The functions of retraining, and what each may do: nothing of theirs touches what serves."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.app_features import AppFeatures
from kindred_constructs.artefact_bucket import ArtefactBucket
from kindred_constructs.event_archive import TABLE as EVENTS
from kindred_constructs.event_archive import EventArchive
from kindred_constructs.experiment_tables import EMBEDDING_EXPERIMENT_ID, ExperimentTables
from kindred_constructs.function_asset import FunctionAsset
from kindred_constructs.model_endpoints import STAGING, ModelEndpoints
from kindred_constructs.model_images import ModelImages
from kindred_constructs.model_packages import ModelPackages
from kindred_constructs.python_function import PythonFunction
from kindred_constructs.retraining_table import RetrainingTable
from kindred_constructs.training_bucket import DRIFT, MODELS, RETRAINING, TrainingBucket

# What takes longer than a look at a record: seconds, MiB of memory and of disk, on which those that
# hold a model have its archive and what is unpacked of it side by side.
_LARGE = {
    # 40 us a row of 5,000,000, and their clicks in memory.
    "CheckTrainingData": (900, 3072, 512),
    "EvaluateModel": (300, 1024, 2048),
    "TestStaging": (300, 2048, 2048),
    "SimulateExperiment": (600, 2048, 2048),
    "ApproveModel": (300, 2048, 2048),
    "FeedFeatures": (900, 2048, 1024),
    "DetectDrift": (900, 2048, 512),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingParts:
    """What the functions work on."""

    endpoints: ModelEndpoints
    images: ModelImages
    training: TrainingBucket
    embeddings: ArtefactBucket
    archive: EventArchive
    features: AppFeatures
    packages: ModelPackages
    runs: RetrainingTable
    experiments: ExperimentTables


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingRules:
    staging_instance_type: str
    minimum_interactions: int
    maximum_interactions: int
    watch_hours: float
    retire_after_days: float
    minute_seconds: int


class RetrainingFunctions(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        asset: FunctionAsset,
        parts: RetrainingParts,
        rules: RetrainingRules,
    ) -> None:
        super().__init__(scope, construct_id)
        self._asset = asset
        self._parts = parts
        self._settings = {**self._known(rules), **parts.endpoints.placement()}
        self._by_name: dict[str, PythonFunction] = {}
        self._grant_data()
        self._grant_models()
        self._grant_staging()
        self._grant_experiments()
        self.feed_features = self._add_feed()
        self.detect_drift = self._add_drift()

    def of(self, state: str) -> PythonFunction:
        """That does what the machine's state of this name is for."""
        if state not in self._by_name:
            seconds, memory_mib, storage_mib = _LARGE.get(state, (60, 512, 512))
            self._by_name[state] = self._asset.function(
                self,
                state,
                environment=self._settings,
                timeout_seconds=seconds,
                memory_mib=memory_mib,
                storage_mib=storage_mib,
            )
        return self._by_name[state]

    def _grant_data(self) -> None:
        parts = self._parts
        plan, check = self.of("PlanTrainingData").role, self.of("CheckTrainingData").role
        parts.experiments.grant_read(plan)
        parts.features.grant_describe(plan)
        self._grant_ask(check)
        parts.training.grant_read_below(check, RETRAINING)
        parts.training.grant_write_below(check, RETRAINING)

    def _grant_models(self) -> None:
        parts = self._parts
        for state in ("EvaluateModel", "RegisterModel", "ApproveModel"):
            parts.training.grant_read_below(self.of(state).role, MODELS)
        parts.training.grant_write_below(self.of("EvaluateModel").role, RETRAINING)
        parts.packages.grant_register(self.of("RegisterModel").role)
        approve, archive = self.of("ApproveModel").role, self.of("ArchiveModel").role
        for role in (approve, archive, self.of("RetireModel").role):
            parts.packages.grant_decide(role)
        parts.packages.grant_list(self.of("RetireModel").role)
        parts.experiments.grant_read(approve)
        parts.embeddings.grant_read_published(approve)
        parts.embeddings.grant_publish(approve)
        parts.runs.grant_record(archive)

    def _grant_staging(self) -> None:
        """The endpoint where a model is tried, which serves nobody."""
        parts = self._parts
        parts.endpoints.grant_create(self.of("StageModel").role, STAGING)
        # What an aborted run left there makes way for the next.
        parts.endpoints.grant_delete(self.of("StageModel").role, STAGING)
        parts.endpoints.grant_delete(self.of("RemoveStaging").role, STAGING)
        parts.endpoints.grant_describe(self.of("CheckStaging").role, STAGING)
        parts.endpoints.grant_invoke(self.of("TestStaging").role, STAGING)
        for state in ("TestStaging", "SimulateExperiment"):
            parts.training.grant_read_below(self.of(state).role, MODELS)
        parts.embeddings.grant_read_published(self.of("SimulateExperiment").role)

    def _grant_experiments(self) -> None:
        parts = self._parts
        start, follow = self.of("StartExperiment").role, self.of("FollowExperiment").role
        retire = self.of("RetireModel").role
        for role in (start, follow):
            parts.experiments.grant_challenge(role)
        parts.experiments.grant_read(retire)
        for role in (follow, retire):
            parts.runs.grant_record(role)
        # What drift is measured against changes with the model that serves.
        parts.training.grant_read_below(follow, RETRAINING)
        parts.training.grant_write_below(follow, DRIFT)

    def _add_feed(self) -> PythonFunction:
        parts, function = self._parts, self.of("FeedFeatures")
        self._grant_ask(function.role)
        parts.embeddings.grant_read_catalogue(function.role)
        parts.features.grant_feed(function.role)
        return function

    def _add_drift(self) -> PythonFunction:
        parts, function = self._parts, self.of("DetectDrift")
        self._grant_ask(function.role)
        parts.training.grant_read_below(function.role, DRIFT)
        parts.training.grant_write_below(function.role, DRIFT)
        return function

    def _grant_ask(self, role: iam.IRole) -> None:
        """Ask Athena of events and of what was known of their apps."""
        self._parts.archive.grant_query(role)
        self._parts.features.grant_describe(role)
        self._parts.features.grant_query(role)

    def _known(self, rules: RetrainingRules) -> dict[str, str]:
        parts = self._parts
        return {
            "TRAINING_BUCKET": parts.training.bucket_name,
            "EMBEDDINGS_BUCKET": parts.embeddings.bucket_name,
            "EVENTS_DATABASE": parts.archive.database.ref,
            "EVENTS_TABLE": EVENTS,
            "ATHENA_WORKGROUP": parts.archive.workgroup.ref,
            "FEATURE_GROUP": parts.features.name,
            "RETRAINING_TABLE": parts.runs.runs.table_name,
            "EXPERIMENTS_TABLE": parts.experiments.experiments.table_name,
            "EMBEDDING_EXPERIMENT_ID": EMBEDDING_EXPERIMENT_ID,
            "MODEL_PACKAGE_GROUP": parts.packages.name,
            "TRAINING_JOB_PREFIX": parts.endpoints.prefix,
            "STAGING_ENDPOINT": f"{parts.endpoints.prefix}{STAGING}",
            "STAGING_INSTANCE_TYPE": rules.staging_instance_type,
            "INFERENCE_IMAGE_URI": parts.images.inference.image_uri,
            "CODE_VERSION": parts.images.training.asset_hash,
            "MINIMUM_INTERACTIONS": str(rules.minimum_interactions),
            "MAXIMUM_INTERACTIONS": str(rules.maximum_interactions),
            "WATCH_HOURS": f"{rules.watch_hours:g}",
            "RETIRE_AFTER_DAYS": f"{rules.retire_after_days:g}",
            "ROLLOUT_MINUTE_SECONDS": str(rules.minute_seconds),
        }
