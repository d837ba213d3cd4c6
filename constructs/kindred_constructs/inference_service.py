"""A service that answers from the published embeddings, in the arm of the experiment."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from constructs import Construct

from kindred_constructs.artefact_bucket import ArtefactBucket
from kindred_constructs.canary_route import CanaryRoute
from kindred_constructs.event_stream import EventStream
from kindred_constructs.experiment_tables import EMBEDDING_EXPERIMENT_ID, ExperimentTables
from kindred_constructs.fargate_service import FargateService, ServicePlan
from kindred_constructs.pseudonym_secret import PseudonymSecret
from kindred_constructs.python_function import NAMESPACE
from kindred_constructs.service_task import ServiceTask, secret_reference
from kindred_constructs.valkey_cache import ValkeyCache

_SETTINGS = {
    "LOG_LEVEL": "INFO",
    # A second thread of a small scan waits longer for its core than it saves.
    "OPENBLAS_NUM_THREADS": "1",
    "METRICS_NAMESPACE": NAMESPACE,
    "EMBEDDING_EXPERIMENT_ID": EMBEDDING_EXPERIMENT_ID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What a service reads and writes, and the key that all of it is under."""

    embeddings: ArtefactBucket
    tables: ExperimentTables
    cache: ValkeyCache
    pseudonyms: PseudonymSecret
    key: kms.IKey


class InferenceService(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        package: str,
        environment_name: str,
        cluster: ecs.ICluster,
        subnets: ec2.SubnetSelection,
        route: CanaryRoute,
        stores: Stores,
        stream: EventStream,
        log_key: kms.IKey,
        plan: ServicePlan,
    ) -> None:
        super().__init__(scope, construct_id)
        task = ServiceTask(
            self,
            "Task",
            package=package,
            shape=plan.shape,
            log_key=log_key,
            environment={
                "ENVIRONMENT": environment_name,
                "KINESIS_STREAM_NAME": stream.stream_name,
                **_SETTINGS,
                **_addresses(stores),
                **plan.logs.settings,
                **stores.pseudonyms.setting,
            },
            secrets={
                "VALKEY_PASSWORD": secret_reference(
                    self, "CachePassword", stores.cache.secret, field="password"
                )
            },
        )
        self.service = FargateService(
            self,
            "Service",
            cluster=cluster,
            subnets=subnets,
            task=task,
            route=route,
            scaling=plan.scaling,
            shift=plan.shift,
        )
        self._grant(stores, task)
        stream.grant_put(task.role)

    def _grant(self, stores: Stores, task: ServiceTask) -> None:
        stores.embeddings.grant_read_published(task.role)
        stores.tables.grant_serve(task.role)
        stores.pseudonyms.grant_use(task.role)
        stores.key.grant_decrypt(task.execution_role)
        stores.cache.admit(self, self.service)


def _addresses(stores: Stores) -> dict[str, str]:
    return {
        "EMBEDDINGS_BUCKET": stores.embeddings.bucket_name,
        "EXPERIMENTS_TABLE": stores.tables.experiments.table_name,
        "METRICS_TABLE": stores.tables.metrics.table_name,
        "REQUEST_LOG_TABLE": stores.tables.request_log.table_name,
        **stores.cache.settings,
    }
