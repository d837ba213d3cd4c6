"""The service by which people manage experiments, and clients evaluate, track and read results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kindred_constructs.canary_route import CanaryRoute
from kindred_constructs.counter_tables import CounterTables
from kindred_constructs.definitions_bucket import DefinitionsBucket
from kindred_constructs.event_stream import EventStream
from kindred_constructs.fargate_service import FargateService, ServicePlan
from kindred_constructs.pseudonym_secret import PseudonymSecret
from kindred_constructs.python_function import NAMESPACE
from kindred_constructs.relational_database import RelationalDatabase
from kindred_constructs.service_secrets import ServiceSecrets
from kindred_constructs.service_task import ServiceTask, secret_reference
from kindred_constructs.user_pool import UserPool
from kindred_constructs.valkey_cache import ValkeyCache

PACKAGE = "experiments_service"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentStores:
    """What the service reads and writes, and the key that all of it is under."""

    database: RelationalDatabase
    cache: ValkeyCache
    counters: CounterTables
    definitions: DefinitionsBucket
    stream: EventStream
    users: UserPool
    secrets: ServiceSecrets
    pseudonyms: PseudonymSecret
    key: kms.IKey


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalParts:
    """Settings, and complete ARNs of secrets, by the names that the service reads."""

    settings: Mapping[str, str]
    secret_arns: Mapping[str, str]


class ExperimentsService(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_name: str,
        approvals_required: bool,
        optional_parts: OptionalParts,
        cluster: ecs.ICluster,
        subnets: ec2.SubnetSelection,
        route: CanaryRoute,
        stores: ExperimentStores,
        log_key: kms.IKey,
        plan: ServicePlan,
    ) -> None:
        super().__init__(scope, construct_id)
        task = ServiceTask(
            self,
            "Task",
            package=PACKAGE,
            requirements=f"{PACKAGE}/requirements.txt",
            shape=plan.shape,
            log_key=log_key,
            environment={
                "ENVIRONMENT": environment_name,
                "LOG_LEVEL": "INFO",
                "METRICS_NAMESPACE": NAMESPACE,
                "APPROVALS_REQUIRED": str(approvals_required).lower(),
                **plan.logs.settings,
                **_addresses(stores, region=cdk.Stack.of(self).region),
                **stores.pseudonyms.setting,
                **optional_parts.settings,
            },
            secrets={
                **self._secrets(stores),
                **self._keys(optional_parts.secret_arns),
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

    def _grant(self, stores: ExperimentStores, task: ServiceTask) -> None:
        stores.counters.grant_read_counters(task.role)
        stores.definitions.grant_publish(task.role)
        stores.stream.grant_put(task.role)
        stores.pseudonyms.grant_use(task.role)
        stores.key.grant_decrypt(task.execution_role)
        stores.cache.admit(self, self.service)
        stores.database.admit(self, self.service)

    def _secrets(self, stores: ExperimentStores) -> dict[str, ecs.Secret]:
        secrets = stores.secrets
        return {
            # Whole, so that user and password are of one version.
            "DATABASE_LOGIN": secret_reference(
                self, "DatabaseLogin", stores.database.secrets.login
            ),
            "REDIS_PASSWORD": secret_reference(
                self, "CachePassword", stores.cache.secret, field="password"
            ),
            "AUDIT_HMAC_SECRET": secret_reference(self, "AuditSecret", secrets.audit),
            "SECRET_KEY": secret_reference(self, "SessionSecret", secrets.session),
            "CLIENT_KEY": secret_reference(self, "ClientKeySecret", secrets.client_key),
        }

    def _keys(self, secret_arns: Mapping[str, str]) -> dict[str, ecs.Secret]:
        """Secrets that an operator made: their text is a key, under AWS's own key for secrets."""
        keys = Construct(self, "OptionalKeys")
        return {
            name: ecs.Secret.from_secrets_manager(
                secretsmanager.Secret.from_secret_complete_arn(keys, name, arn)
            )
            for name, arn in secret_arns.items()
        }


def _addresses(stores: ExperimentStores, *, region: str) -> dict[str, str]:
    return {
        "AWS_REGION": region,
        "DATABASE_URL": stores.database.url,
        "DATABASE_REPLICA_URL": stores.database.reader_url,
        "REDIS_URL": stores.cache.url,
        "COGNITO_USER_POOL_ID": stores.users.user_pool_id,
        "COGNITO_CLIENT_ID": stores.users.client.user_pool_client_id,
        "COGNITO_CONSOLE_CLIENT_ID": stores.users.console.user_pool_client_id,
        "DYNAMODB_TABLE_NAME": stores.counters.counters.table_name,
        "DYNAMODB_REGION": region,
        "KINESIS_STREAM_NAME": stores.stream.stream_name,
        "KINESIS_REGION": region,
        "DEFINITIONS_BUCKET": stores.definitions.bucket_name,
    }
