"""The two functions that forget a unit, and what each may read, change and remove."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.bucket_replication import BucketReplica
from kindred_constructs.counter_tables import CounterTables
from kindred_constructs.dead_letters import DeadLetters
from kindred_constructs.definitions_bucket import DefinitionsBucket
from kindred_constructs.event_archive import EVENTS, FAILED, FIRST_DAY, TABLE, EventArchive
from kindred_constructs.event_columns import EVENT_COLUMNS
from kindred_constructs.experiment_tables import ExperimentTables
from kindred_constructs.function_asset import FunctionAsset
from kindred_constructs.grants import allow
from kindred_constructs.pseudonym_secret import PseudonymSecret
from kindred_constructs.python_function import FunctionNetwork, PythonFunction
from kindred_constructs.search_domain import INDEX_PREFIX, SearchDomain
from kindred_constructs.training_bucket import DATA_CAPTURE, TrainingBucket
from kindred_constructs.valkey_cache import ValkeyCache

# A pass fits into a function's longest time.
_SECONDS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitReplicas:
    """What S3 copies to the second region that holds something of a unit."""

    archive: BucketReplica
    training: BucketReplica

    @property
    def settings(self) -> dict[str, str]:
        return {
            "REPLICA_REGION": self.archive.second.region,
            "ARCHIVE_REPLICA_BUCKET": self.archive.name,
            "ARCHIVE_EVENTS_PREFIX": EVENTS,
            "TRAINING_REPLICA_BUCKET": self.training.name,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedStores:
    """What a second region has no more of than replicas, which follow what is removed here: tables
    are global, models are asked here alone, and copies of objects go from here.

    `requests` are what the request log is among.
    """

    requests: ExperimentTables
    counters: CounterTables
    training: TrainingBucket
    replicas: UnitReplicas | None

    @property
    def settings(self) -> dict[str, str]:
        return {
            "REQUEST_LOG_TABLE": self.requests.request_log.table_name,
            "LEDGER_TABLE": self.counters.ledger.table_name,
            "TRAINING_BUCKET": self.training.bucket_name,
            "DATA_CAPTURE_PREFIX": DATA_CAPTURE,
            **(self.replicas.settings if self.replicas else {}),
        }

    def grant_forget(self, role: iam.IRole, *, archive: EventArchive) -> None:
        self.requests.grant_forget(role)
        self.counters.grant_forget(role)
        self.training.grant_forget_below(role, DATA_CAPTURE)
        if self.replicas:
            events, training = self.replicas.archive, self.replicas.training
            events.grant_forget(role, source=archive.bucket, prefix=EVENTS)
            training.grant_forget(role, source=self.training, prefix=DATA_CAPTURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStores:
    """What a region has that holds something of a unit, and of `tables` what it may be known by.

    Where it stands by for another it has nothing `shared`. `archive_days` is how long the archive
    keeps.
    """

    shared: SharedStores | None
    tables: ExperimentTables
    archive: EventArchive
    archive_days: int
    definitions: DefinitionsBucket
    dead_letters: Sequence[DeadLetters]
    cache: ValkeyCache
    search: SearchDomain | None
    pseudonyms: PseudonymSecret
    log_groups: str


class ForgettingFunctions(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        asset: FunctionAsset,
        stores: UnitStores,
        network: FunctionNetwork,
    ) -> None:
        super().__init__(scope, construct_id)
        self._asset = asset
        self._stores = stores
        self.records = self._add_records()
        self.inside = self._add_inside(network)

    def _add_records(self) -> PythonFunction:
        stores = self._stores
        function = self._asset.function(
            self,
            "ForgetRecords",
            timeout_seconds=_SECONDS,
            memory_mib=1024,
            environment={
                **self._definitions(),
                **stores.pseudonyms.setting,
                **(stores.shared.settings if stores.shared else {}),
                "ARCHIVE_BUCKET": stores.archive.bucket.bucket_name,
                "ARCHIVE_FAILED_PREFIX": FAILED,
                "ARCHIVE_FIRST_DAY": FIRST_DAY,
                "ARCHIVE_DAYS": str(stores.archive_days),
                "ATHENA_WORKGROUP": stores.archive.workgroup.ref,
                "EVENTS_DATABASE": stores.archive.database.ref,
                "EVENTS_TABLE": TABLE,
                "EVENT_COLUMNS": ",".join(name for name, _ in EVENT_COLUMNS),
                "DEAD_LETTER_QUEUE_URLS": cdk.Fn.join(
                    ",", [each.queue.queue_url for each in stores.dead_letters]
                ),
                "LOG_GROUPS_NAMED": stores.log_groups,
            },
        )
        self._grant_records(function.role)
        return function

    def _grant_records(self, role: iam.IRole) -> None:
        stores = self._stores
        stores.pseudonyms.grant_use(role)
        stores.archive.grant_forget(role)
        if stores.shared:
            stores.shared.grant_forget(role, archive=stores.archive)
        for letters in stores.dead_letters:
            letters.grant_look_through(role)
        stores.definitions.grant_read_source(role)
        groups = cdk.Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"*{stores.log_groups}*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        allow(role, [groups, f"{groups}:*"], "logs:FilterLogEvents")
        # Lists of log groups take no resource.
        allow(role, ["*"], "logs:DescribeLogGroups")

    def _add_inside(self, network: FunctionNetwork) -> PythonFunction:
        stores = self._stores
        search = (
            {
                "OPENSEARCH_ENDPOINT": stores.search.endpoint,
                "OPENSEARCH_INDEX_PREFIX": INDEX_PREFIX,
            }
            if stores.search
            else {}
        )
        function = self._asset.function(
            self,
            "ForgetInside",
            timeout_seconds=_SECONDS,
            environment={
                **self._definitions(),
                **stores.pseudonyms.setting,
                **stores.cache.settings,
                **search,
                "EXPERIMENTS_TABLE": stores.tables.experiments.table_name,
                "CACHE_SECRET_ARN": stores.cache.secret.secret_arn,
            },
            network=network,
        )
        role = function.role
        stores.pseudonyms.grant_use(role)
        stores.tables.grant_list_experiments(role)
        stores.definitions.grant_read_source(role)
        allow(role, [stores.cache.secret.secret_arn], "secretsmanager:GetSecretValue")
        stores.cache.admit(function, function.function)
        if stores.search:
            stores.search.grant_forget(role)
            stores.search.admit(function, function.function)
        return function

    def _definitions(self) -> dict[str, str]:
        return {"DEFINITIONS_BUCKET": self._stores.definitions.bucket_name}
