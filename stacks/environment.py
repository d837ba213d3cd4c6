"""One environment: every value that differs between two of them, typed and frozen."""

from __future__ import annotations

import platform
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stacks.account_guards import AccountGuards
from stacks.api import Api
from stacks.budgets import Budgets
from stacks.delivery import Pipeline
from stacks.deployment import Deployment
from stacks.edge import Edge, public_name
from stacks.github import GitHub
from stacks.identifiers import AccountId, Region, Slug
from stacks.integrations import Integrations
from stacks.monitoring import Monitoring
from stacks.network import Network
from stacks.notices import Alarms, Checks, Logs, Reports
from stacks.privacy import Privacy
from stacks.recovery import Recovery
from stacks.rollout import Retraining, Rollout
from stacks.sign_in import SignIn
from stacks.sizes import Part, Sizes, Tier
from stacks.telemetry import COLLECTOR_ENDPOINTS, Telemetry

LogDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653]


class Retention(Part):
    log_days: LogDays = 30
    embeddings_to_glacier_days: Annotated[int, Field(ge=1)] = 90
    logs_to_deep_archive_days: Annotated[int, Field(ge=1)] = 180
    training_days: Annotated[int, Field(ge=1)] = 365
    # The stream keeps an event for 7 days, a queue its letter for 14, and the stream what was
    # brought back for 7 more; later it would count again.
    event_id_days: Annotated[int, Field(ge=29, le=3650)] = 90
    event_archive_days: Annotated[int, Field(ge=1)] = 731


class Approvals(Part):
    """With `required`, a start or a change of a rollout waits for a second person."""

    required: bool = False


class Domain(Part):
    """A public hosted zone; the load balancer's certificate is for `internal.<name>`."""

    name: Annotated[str, Field(pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$")]
    hosted_zone_id: Annotated[str, Field(pattern=r"^Z[A-Z0-9]+$")]

    @property
    def internal_name(self) -> str:
        return f"internal.{self.name}"


class Image(Part):
    """`host` is for a laptop, where services run under its own processor."""

    architecture: Literal["arm64", "x86_64", "host"] = "arm64"

    @property
    def is_arm(self) -> bool:
        machine = platform.machine() if self.architecture == "host" else self.architecture
        return machine in {"arm64", "aarch64"}


PolicyName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@-]+$", max_length=128)]
TagValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9_ .:/=+@-]+$", max_length=256)]


class OwnerTags(Part):
    team: TagValue
    project: TagValue
    cost_center: TagValue


def certificate_parameter(slug: str) -> str:
    return f"/kindred/{slug}/internal-certificate-arn"


class Environment(Part):
    name: Slug
    instance: Slug | None = None
    tier: Tier
    # Keeps data when stacks go, and forbids deleting what holds it.
    production: bool
    account: AccountId | None = None
    regions: Annotated[tuple[Region, ...], Field(min_length=1, max_length=4)]
    tags: OwnerTags
    network: Network = Network()
    retention: Retention = Retention()
    deployment: Deployment = Deployment()
    image: Image = Image()
    api: Api = Api()
    alarms: Alarms = Alarms()
    reports: Reports = Reports()
    budgets: Budgets | None = None
    checks: Checks | None = Checks()
    logs: Logs = Logs()
    approvals: Approvals = Approvals()
    integrations: Integrations = Integrations()
    monitoring: Monitoring = Monitoring()
    rollout: Rollout = Rollout()
    retraining: Retraining = Retraining()
    privacy: Privacy = Privacy()
    telemetry: Telemetry = Telemetry()
    recovery: Recovery = Recovery()
    edge: Edge = Edge()
    sign_in: SignIn = SignIn()
    account_guards: AccountGuards = AccountGuards()
    pipeline: Pipeline | None = None
    github: GitHub | None = None
    domain: Domain | None = None
    # A managed policy of the account that limits every role.
    permissions_boundary: PolicyName | None = None
    sizes: Sizes

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if not self.network.vpc:
            return self
        zones = self.network.vpc.availability_zones
        if len(self.regions) > 1 or not all(zone.startswith(self.regions[0]) for zone in zones):
            raise ValueError(
                f"network.vpc: given zones {', '.join(zones)} and regions "
                f"{', '.join(self.regions)}, allowed one region, and zones of it"
            )
        return self

    @model_validator(mode="after")
    def _reaches_prometheus(self) -> Self:
        network = self.network
        missing = sorted(set(COLLECTOR_ENDPOINTS) - set(network.interface_endpoints))
        if self.telemetry.prometheus and not network.vpc and not network.nat_gateways and missing:
            raise ValueError(
                "telemetry.prometheus: given true, allowed with nat_gateways 0 only if "
                f"{', '.join(missing)} are among network.interface_endpoints"
            )
        return self

    @model_validator(mode="after")
    def _recovers_elsewhere(self) -> Self:
        region = self.recovery.region
        if region is None:
            return self
        if len(self.regions) > 1 or region in self.regions:
            raise ValueError(
                f"recovery.region: given {region} and regions {', '.join(self.regions)}, allowed "
                "one region, and another to recover in"
            )
        if self.network.vpc and self.recovery.replicates:
            raise ValueError(
                f"recovery.strategy: given {self.recovery.strategy} and network.vpc, allowed "
                "backup_and_restore: a given VPC is in one region"
            )
        return self

    @model_validator(mode="after")
    def _exports_what_is_there(self) -> Self:
        export, days = self.logs.export, self.retention.log_days
        if export and export.after_days >= days:
            raise ValueError(
                f"logs.export: given after_days {export.after_days} and retention.log_days {days}, "
                "allowed an export before a log ends, or null for none"
            )
        return self

    @property
    def resource_tags(self) -> dict[str, str]:
        """On everything that takes tags; costs are counted by the first."""
        return {
            "Environment": self.slug,
            "Team": self.tags.team,
            "Project": self.tags.project,
            "CostCenter": self.tags.cost_center,
        }

    @property
    def slug(self) -> str:
        """The environment's name among all of the account, lower case."""
        return f"{self.instance}-{self.name}" if self.instance else self.name

    @model_validator(mode="after")
    def _ends_the_pipeline(self) -> Self:
        last = self.pipeline.stages[-1].environment if self.pipeline else self.name
        if last != self.name:
            raise ValueError(
                f"pipeline.stages: given {last} as the last, allowed {self.name}: a pipeline is "
                "described where it ends"
            )
        return self

    @model_validator(mode="after")
    def _minutes_are_minutes(self) -> Self:
        if self.production and self.rollout.minute_seconds != 60:
            raise ValueError(
                f"rollout.minute_seconds: given {self.rollout.minute_seconds}, "
                "allowed in production 60"
            )
        return self

    @model_validator(mode="after")
    def _split_urls_have_certificates(self) -> Self:
        missing = self.edge.without_certificate(self.domain.name if self.domain else None)
        if missing:
            raise ValueError(
                f"edge.split_urls: domain_names: given {', '.join(missing)}, allowed names of "
                "domain.name, or others with a certificate_arn"
            )
        return self

    def public_name(self, kind: Literal["api", "console"], region: str) -> str | None:
        """Host of the console or of the API; without a domain CloudFront gives it one."""
        if not self.domain:
            return None
        further = None if self.is_first(region) else region
        return public_name(kind, domain=self.domain.name, instance=self.instance, region=further)

    @model_validator(mode="after")
    def _tiers_are_within_the_stage(self) -> Self:
        if beyond := self.api.beyond(self.sizes.api):
            raise ValueError(beyond)
        return self

    @model_validator(mode="after")
    def _a_password_is_not_enough(self) -> Self:
        if self.production and self.sign_in.second_factor == "off":
            raise ValueError(
                "sign_in.second_factor: given off, allowed in production required, optional"
            )
        return self

    @property
    def failover_name(self) -> str | None:
        """Host of the API in whichever of two regions serves; CloudFront asks it there."""
        if not (self.domain and self.recovery.replicates):
            return None
        return public_name("origin", domain=self.domain.name, instance=self.instance, region=None)

    @property
    def certificate_parameter(self) -> str:
        """SSM parameter with the ARN of the load balancer's certificate, without a domain."""
        return certificate_parameter(self.slug)

    def is_first(self, region: str) -> bool:
        """The one that has what an environment has once."""
        return region == self.regions[0]

    def stage_id(self, region: str) -> str:
        first = f"Kindred-{self.slug}"
        return first if self.is_first(region) else f"{first}-{region}"
