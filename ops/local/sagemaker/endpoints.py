"""Endpoints: created, updated, shifted and deleted as SageMaker does it, and refused as it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ops.local.sagemaker.deployment_guardrails import traffic_steps, wait_seconds
from ops.local.sagemaker.endpoint_changes import EndpointChanges, Surroundings
from ops.local.sagemaker.endpoint_record import CHANGING, Change, Configuration, Endpoint, Variant
from ops.local.sagemaker.listing import list_page
from ops.local.sagemaker.model_host import Fleet
from ops.local.sagemaker.models import Models
from ops.local.sagemaker.names import resource_arn
from ops.local.sagemaker.operation import Operation, invalid
from ops.local.sagemaker.tags import Tags

DELETION_SHARE = 0.25
MOST_INSTANCES = 100


class ScalableVariants(Protocol):
    """Which variants have a scalable target registered."""

    def registered(self, endpoint: str) -> frozenset[str]: ...

    def forget(self, endpoint: str) -> None: ...


class Endpoints:
    """All endpoints of the account."""

    def __init__(
        self, models: Models, surroundings: Surroundings, tags: Tags, scalable: ScalableVariants
    ) -> None:
        self._models, self._in, self._tags = models, surroundings, tags
        self._scalable = scalable
        self._changes = EndpointChanges(surroundings, models.runnable)
        self._endpoints: dict[str, Endpoint] = {}

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        named = {
            "CreateEndpoint": self._create,
            "DescribeEndpoint": lambda asked: self.endpoint(asked["EndpointName"]).describe(),
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._update_weights,
            "DeleteEndpoint": self._delete,
            "ListEndpoints": self._list,
        }
        return {("sagemaker", name): operation for name, operation in named.items()}

    def advance(self) -> None:
        for endpoint in list(self._endpoints.values()):
            self._changes.advance(endpoint)
            if endpoint.status == "Deleted":
                del self._endpoints[endpoint.name]
                self._tags.forget(endpoint.arn)
                self._scalable.forget(endpoint.name)

    def endpoint(self, name: str) -> Endpoint:
        """Raises Refusal."""
        if name not in self._endpoints:
            raise invalid(f'Could not find endpoint "{resource_arn("endpoint", name)}".')
        return self._endpoints[name]

    def all(self) -> list[Endpoint]:
        return list(self._endpoints.values())

    def _create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, now = asked["EndpointName"], self._in.clock()
        arn = resource_arn("endpoint", name)
        if name in self._endpoints:
            raise invalid(f'Cannot create already existing endpoint "{arn}".')
        configuration = self._models.configuration(asked["EndpointConfigName"])
        endpoint = Endpoint(name, arn, "Creating", configuration, now, now)
        change = Change(
            kind="create",
            started_at=now,
            ends_at=now + self._in.pace.minute_seconds,
            configuration=configuration,
            variants=self._variants(name, configuration),
        )
        self._endpoints[name] = endpoint
        self._tags.put(arn, asked.get("Tags", []))
        self._changes.begin(endpoint, change, "Creating")
        return {"EndpointArn": arn}

    def _update(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        endpoint, now = self._changeable(asked["EndpointName"]), self._in.clock()
        configuration = self._models.configuration(asked["EndpointConfigName"])
        variants = self._variants(endpoint.name, configuration)
        self._check_scalable(endpoint, variants)
        deployment = asked.get("DeploymentConfig")
        if asked.get("RetainDeploymentConfig"):
            deployment = endpoint.last_deployment
        if deployment:
            _check_guarded(endpoint, variants)
        if asked.get("RetainAllVariantProperties"):
            left_out = asked.get("ExcludeRetainedVariantProperties", [])
            _retain(endpoint, variants, {item["VariantPropertyType"] for item in left_out})
        instances = sum(variant.current_instances for variant in endpoint.variants.values())
        change = Change(
            kind="update",
            started_at=now,
            ends_at=now + self._in.pace.minute_seconds,
            configuration=configuration,
            variants=variants,
            deployment=deployment,
            steps=traffic_steps(deployment, instances),
            wait_seconds=wait_seconds(deployment, minute_seconds=self._in.pace.minute_seconds),
        )
        self._changes.begin(endpoint, change, "Updating")
        return {"EndpointArn": endpoint.arn}

    def _update_weights(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """A variant that is left out keeps its weight: the shares of all others move."""
        endpoint = self._changeable(asked["EndpointName"])
        wanted = {item["VariantName"]: item for item in asked["DesiredWeightsAndCapacities"]}
        unknown = sorted(wanted.keys() - endpoint.variants.keys())
        if unknown:
            raise invalid(f"Variants {unknown} not found in endpoint {endpoint.arn}")
        weights = {
            name: float(wanted.get(name, {}).get("DesiredWeight", variant.desired_weight))
            for name, variant in endpoint.variants.items()
        }
        if not sum(weights.values()):
            raise invalid("At least one variant must have a weight greater than 0")
        counts = {
            name: wanted.get(name, {}).get("DesiredInstanceCount", variant.desired_instances)
            for name, variant in endpoint.variants.items()
        }
        if not all(1 <= count <= MOST_INSTANCES for count in counts.values()):
            raise invalid(f"DesiredInstanceCount must be from 1 to {MOST_INSTANCES}: {counts}")
        for name, variant in endpoint.variants.items():
            variant.desired_weight, variant.desired_instances = weights[name], counts[name]
        self._shift(endpoint)
        return {"EndpointArn": endpoint.arn}

    def scale(self, endpoint: Endpoint, variant: str, instances: int) -> None:
        """As the autoscaler does it, when the endpoint is in service."""
        endpoint.variants[variant].desired_instances = instances
        self._shift(endpoint)

    def _shift(self, endpoint: Endpoint) -> None:
        """Towards the weights and counts that its variants now want."""
        now = self._in.clock()
        change = Change(
            kind="weights",
            started_at=now,
            ends_at=now + self._in.pace.minute_seconds,
            configuration=endpoint.configuration,
        )
        self._changes.begin(endpoint, change, "Updating")

    def _delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        endpoint, now = self.endpoint(asked["EndpointName"]), self._in.clock()
        if endpoint.status in CHANGING:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        change = Change(
            kind="delete",
            started_at=now,
            ends_at=now + DELETION_SHARE * self._in.pace.minute_seconds,
            configuration=endpoint.configuration,
        )
        self._changes.begin(endpoint, change, "Deleting")
        return {}

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        rows = [endpoint.summarize() for endpoint in self._endpoints.values()]
        return list_page(rows, asked, kind="Endpoint", key="Endpoints")

    def _changeable(self, name: str) -> Endpoint:
        endpoint = self.endpoint(name)
        if endpoint.status in CHANGING:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
        if endpoint.status != "InService":
            raise invalid(f'Cannot update endpoint "{endpoint.arn}" in state {endpoint.status}.')
        return endpoint

    def _variants(self, endpoint: str, configuration: Configuration) -> dict[str, Variant]:
        """As the configuration has them. Raises Refusal for a model deleted since."""
        found = {}
        for definition in configuration["ProductionVariants"]:
            name, count = definition["VariantName"], definition["InitialInstanceCount"]
            model = self._models.runnable(definition["ModelName"])
            created_at = model["CreationTime"].timestamp()
            found[name] = Variant(
                name=name,
                image=model["PrimaryContainer"].get("Image", ""),
                role_arn=model["ExecutionRoleArn"],
                fleet=Fleet(endpoint, name, definition["ModelName"], created_at),
                definition=definition,
                current_weight=definition["InitialVariantWeight"],
                desired_weight=definition["InitialVariantWeight"],
                current_instances=count,
                desired_instances=count,
            )
        return found

    def _check_scalable(self, endpoint: Endpoint, variants: Mapping[str, Variant]) -> None:
        """Raises Refusal when a registered variant would go or change its instances' type."""
        refused = []
        for name in sorted(self._scalable.registered(endpoint.name) & endpoint.variants.keys()):
            before, after = endpoint.variants[name], variants.get(name)
            kept = after and after.definition["InstanceType"] == before.definition["InstanceType"]
            if not kept:
                refused.append(name)
        if refused:
            raise invalid(
                f'The variant(s) "{refused}" must be deregistered as scalable targets with AWS '
                "Auto Scaling before they can be removed or have their instance type updated."
            )


def _retain(endpoint: Endpoint, variants: Mapping[str, Variant], left_out: set[str]) -> None:
    """Weights and counts as they are now, of variants that stay."""
    for name in variants.keys() & endpoint.variants.keys():
        before, after = endpoint.variants[name], variants[name]
        if "DesiredWeight" not in left_out:
            after.current_weight = after.desired_weight = before.desired_weight
        if "DesiredInstanceCount" not in left_out:
            after.current_instances = after.desired_instances = before.desired_instances


def _check_guarded(endpoint: Endpoint, variants: Mapping[str, Variant]) -> None:
    """Raises Refusal: guardrails move traffic between fleets of one and the same variant."""
    if variants.keys() != endpoint.variants.keys() or len(variants) != 1:
        raise invalid(
            "DeploymentConfig needs an endpoint of one variant, whose name does not change: "
            f"{sorted(endpoint.variants)} to {sorted(variants)}"
        )
