"""What must not be lost: buckets, tables, models, database, cache, users, and what guards them."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from kindred_constructs.app_features import AppFeatures
from kindred_constructs.counter_tables import CounterTables
from kindred_constructs.edge_secret import EdgeSecret
from kindred_constructs.experiment_tables import ExperimentTables
from kindred_constructs.global_table import TableRules
from kindred_constructs.house_rules import removal_policy
from kindred_constructs.inference_service import Stores
from kindred_constructs.model_packages import ModelPackages
from kindred_constructs.pseudonym_secret import PseudonymSecret
from kindred_constructs.relational_database import DatabaseNodes, RelationalDatabase
from kindred_constructs.retraining_table import RetrainingTable
from kindred_constructs.rollout_tables import RolloutTables
from kindred_constructs.service_secrets import ServiceSecrets
from kindred_constructs.user_pool import UserPool
from kindred_constructs.valkey_cache import CacheNodes, ValkeyCache
from stacks.data_buckets import DataBuckets, Replicas, data_buckets
from stacks.environment import Environment
from stacks.network_stack import NetworkStack
from stacks.sizes import TableCapacity


class DataStack(cdk.Stack):
    """`replicas` are the second region's buckets; there, the stack of the `first` one is given.

    Users, the cache and access logs are each region's own, and models are made in the first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        network: NetworkStack,
        replicas: Replicas | None = None,
        first: DataStack | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            scope, construct_id, termination_protection=environment.production, **kwargs
        )
        kept = removal_policy(production=environment.production)
        live = environment.recovery.replicates and not first
        second = replicas.second if replicas and live else None
        self.key, buckets = self._key_and_buckets(environment, replicas, here=first is not None)
        self.logs, self.training = buckets.logs, buckets.training
        self.definitions = buckets.definitions
        rules = TableRules(
            key=self.key,
            billing=_billing(environment.sizes.tables),
            deletion_protection=environment.production,
            removal_policy=kept,
            second=second,
            first=first,
        )
        cache = ValkeyCache(
            self,
            "Cache",
            vpc=network.vpc,
            key=self.key,
            name_prefix=f"kindred-{environment.slug}",
            nodes=CacheNodes(**environment.sizes.cache.model_dump()),
            removal_policy=kept,
        )
        tables = ExperimentTables(self, "Tables", rules=rules)
        self.pseudonyms: PseudonymSecret = PseudonymSecret(
            self,
            "Pseudonyms",
            key=self.key,
            removal_policy=kept,
            second=second,
            first=first.pseudonyms if first else None,
        )
        self.stores = Stores(
            embeddings=buckets.embeddings,
            tables=tables,
            cache=cache,
            pseudonyms=self.pseudonyms,
            key=self.key,
        )
        self.counters = CounterTables(self, "CounterTables", rules=rules)
        self.rollouts = RolloutTables(self, "RolloutTables", rules=rules)
        self.retraining = RetrainingTable(self, "RetrainingTable", rules=rules)
        if not first:
            self._add_models(environment.slug, kept)
        self.database: RelationalDatabase = RelationalDatabase(
            self,
            "Database",
            vpc=network.vpc,
            key=self.key,
            log_key=network.telemetry_key,
            name=f"kindred-{environment.slug}",
            nodes=DatabaseNodes(**environment.sizes.database.model_dump()),
            deletion_protection=environment.production,
            removal_policy=kept,
            second=second,
            first=first.database if first else None,
        )
        self.users = self._users(environment, kept)
        self.secrets: ServiceSecrets = ServiceSecrets(
            self,
            "Secrets",
            key=self.key,
            removal_policy=kept,
            second=second,
            first=first.secrets if first else None,
        )
        self.edge_secret: EdgeSecret = EdgeSecret(
            self,
            "EdgeSecret",
            key=self.key,
            removal_policy=kept,
            second=second,
            first=first.edge_secret if first else None,
        )
        self._add_outputs()
        if not first:
            # A replica has the same name, and is found by it.
            self._add_secret_outputs()

    def _users(self, environment: Environment, kept: cdk.RemovalPolicy) -> UserPool:
        sign_in = environment.sign_in
        # The end of the stack's id: Cognito knows a prefix once in all AWS.
        own = cdk.Fn.select(
            4, cdk.Fn.split("-", cdk.Fn.select(2, cdk.Fn.split("/", self.stack_id)))
        )
        return UserPool(
            self,
            "Users",
            second_factor=sign_in.factor(production=environment.production),
            domain_prefix=sign_in.domain_prefix or f"kindred-{environment.slug}-{own}",
            callback_urls=sign_in.addresses(
                console_name=environment.public_name("console", self.region)
            ),
            deletion_protection=environment.production,
            removal_policy=kept,
        )

    @property
    def tables(self) -> dict[str, dynamodb.ITableV2]:
        """All of them, by names for people."""
        return {
            "Experiments": self.stores.tables.experiments,
            "Metrics": self.stores.tables.metrics,
            "RequestLog": self.stores.tables.request_log,
            "Counters": self.counters.counters,
            "Ledger": self.counters.ledger,
            "Deployments": self.rollouts.deployments,
            "Endpoints": self.rollouts.endpoints,
            "Retraining": self.retraining.runs,
        }

    def _add_models(self, slug: str, kept: cdk.RemovalPolicy) -> None:
        self.packages = ModelPackages(
            self, "ModelPackages", name=f"kindred-{slug}-embeddings", removal_policy=kept
        )
        self.features = AppFeatures(
            self,
            "AppFeatures",
            slug=slug,
            training=self.training,
            key=self.key,
            removal_policy=kept,
        )

    def _key_and_buckets(
        self, environment: Environment, replicas: Replicas | None, *, here: bool
    ) -> tuple[kms.Key, DataBuckets]:
        if replicas and here:
            return replicas.second.key, replicas.buckets
        key = kms.Key(
            self,
            "DataKey",
            description="Encrypts buckets, tables, streams, the database, the cache and secrets",
            enable_key_rotation=True,
            removal_policy=removal_policy(production=environment.production),
        )
        return key, data_buckets(self, environment=environment, key=key, replicas=replicas)

    def _add_outputs(self) -> None:
        tables = self.stores.tables
        for name, value in {
            "EmbeddingsBucketName": self.stores.embeddings.bucket_name,
            "TrainingBucketName": self.training.bucket_name,
            "LogsBucketName": self.logs.bucket_name,
            "ExperimentsTableName": tables.experiments.table_name,
            "MetricsTableName": tables.metrics.table_name,
            "RequestLogTableName": tables.request_log.table_name,
            "CacheSecretArn": self.stores.cache.secret.secret_arn,
            "CountersTableName": self.counters.counters.table_name,
            "LedgerTableName": self.counters.ledger.table_name,
            "DefinitionsBucketName": self.definitions.bucket_name,
            "UserPoolId": self.users.user_pool_id,
            "UserPoolClientId": self.users.client.user_pool_client_id,
            "ConsoleClientId": self.users.console.user_pool_client_id,
            "SignInUrl": self.users.sign_in_url,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def _add_secret_outputs(self) -> None:
        for name, arn in {
            "DatabaseSecretArn": self.database.secrets.administrator.secret_arn,
            "DatabaseLoginArn": self.database.secrets.login.secret_arn,
            "ClientKeySecretArn": self.secrets.client_key.secret_arn,
            "PseudonymSecretArn": self.pseudonyms.arn,
            "AuditSecretArn": self.secrets.audit.secret_arn,
        }.items():
            cdk.CfnOutput(self, name, value=arn)


def _billing(capacity: TableCapacity) -> dynamodb.Billing:
    if capacity.billing == "on_demand":
        return dynamodb.Billing.on_demand()
    bounds = dynamodb.Capacity.autoscaled(
        min_capacity=capacity.min_units,
        # Where a table was billed on demand before, it starts from here.
        seed_capacity=capacity.min_units,
        max_capacity=capacity.max_units,
        target_utilization_percent=capacity.target_percent,
    )
    return dynamodb.Billing.provisioned(read_capacity=bounds, write_capacity=bounds)
