"""Models and endpoint configurations: what is named before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ops.local.sagemaker.listing import list_page
from ops.local.sagemaker.names import moment, resource_arn
from ops.local.sagemaker.operation import Operation, invalid
from ops.local.sagemaker.tags import Tags

# A model package's container, or a Refusal.
FindContainer = Callable[[str], Mapping[str, Any]]
# Endpoints of kinds that are not modelled.
OTHER_KINDS = ("AsyncInferenceConfig", "ShadowProductionVariants", "ExplainerConfig")


class Models:
    """Immutable once created; an endpoint goes on with what it has when its model is deleted."""

    def __init__(self, clock: Callable[[], float], tags: Tags) -> None:
        self._clock, self._tags = clock, tags
        self._models: dict[str, dict[str, Any]] = {}
        self._configurations: dict[str, dict[str, Any]] = {}
        self._containers: dict[str, dict[str, Any]] = {}
        self._of_package: FindContainer | None = None

    def use_packages(self, find: FindContainer) -> None:
        """From here on a model may name a package of the registry instead of an image."""
        self._of_package = find

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        named = {
            "CreateModel": self._create_model,
            "DescribeModel": lambda asked: dict(self.model(asked["ModelName"])),
            "DeleteModel": self._delete_model,
            "ListModels": self._list_models,
            "CreateEndpointConfig": self._create_configuration,
            "DescribeEndpointConfig": lambda asked: dict(
                self.configuration(asked["EndpointConfigName"])
            ),
            "DeleteEndpointConfig": self._delete_configuration,
            "ListEndpointConfigs": self._list_configurations,
        }
        return {("sagemaker", name): operation for name, operation in named.items()}

    def advance(self) -> None:
        """Both are there at once."""

    def model(self, name: str) -> dict[str, Any]:
        """In the shape of DescribeModel. Raises Refusal."""
        if name not in self._models:
            raise invalid(f'Could not find model "{resource_arn("model", name)}".')
        return self._models[name]

    def runnable(self, name: str) -> dict[str, Any]:
        """As `model`, with the image and the archive that its package names. Raises Refusal."""
        return {**self.model(name), "PrimaryContainer": self._containers[name]}

    def configuration(self, name: str) -> dict[str, Any]:
        """In the shape of DescribeEndpointConfig. Raises Refusal."""
        if name not in self._configurations:
            arn = resource_arn("endpoint-config", name)
            raise invalid(f'Could not find endpoint configuration "{arn}".')
        return self._configurations[name]

    def _create_model(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = asked["ModelName"]
        arn = resource_arn("model", name)
        if name in self._models:
            raise invalid(f'Cannot create already existing model "{arn}".')
        if "ExecutionRoleArn" not in asked:
            raise invalid("Missing required parameter ExecutionRoleArn")
        containers = [asked[key] for key in ("PrimaryContainer",) if key in asked]
        if len([*containers, *asked.get("Containers", [])]) != 1:
            raise invalid("the local SageMaker runs models of exactly one container")
        container = (containers or asked["Containers"])[0]
        if self._of_package and "ModelPackageName" in container:
            container = {**self._of_package(container["ModelPackageName"]), **container}
        self._containers[name] = container
        kept = {key: value for key, value in asked.items() if key != "Tags"}
        self._models[name] = {**kept, "ModelArn": arn, "CreationTime": moment(self._clock())}
        self._tags.put(arn, asked.get("Tags", []))
        return {"ModelArn": arn}

    def _delete_model(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._tags.forget(self.model(asked["ModelName"])["ModelArn"])
        del self._models[asked["ModelName"]]
        return {}

    def _list_models(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        fields = ("ModelName", "ModelArn", "CreationTime")
        rows = [{field: row[field] for field in fields} for row in self._models.values()]
        return list_page(rows, asked, kind="Model", key="Models")

    def _create_configuration(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = asked["EndpointConfigName"]
        arn = resource_arn("endpoint-config", name)
        if name in self._configurations:
            raise invalid(f'Cannot create already existing endpoint configuration "{arn}".')
        for kind in OTHER_KINDS:
            if kind in asked:
                raise invalid(f"the local SageMaker does not model {kind}")
        variants = [self._variant(variant) for variant in asked["ProductionVariants"]]
        names = [variant["VariantName"] for variant in variants]
        if len(set(names)) < len(names):
            raise invalid(f"Duplicate production variant names: {', '.join(names)}")
        kept = {key: value for key, value in asked.items() if key != "Tags"}
        self._configurations[name] = {
            **kept,
            "ProductionVariants": variants,
            "EndpointConfigArn": arn,
            "CreationTime": moment(self._clock()),
        }
        self._tags.put(arn, asked.get("Tags", []))
        return {"EndpointConfigArn": arn}

    def _variant(self, variant: Mapping[str, Any]) -> dict[str, Any]:
        """As it was given, with what AWS fills in. Raises Refusal."""
        for field in ("ModelName", "InstanceType", "InitialInstanceCount"):
            if field not in variant:
                raise invalid(f"{field} is required for variant {variant['VariantName']}")
        self.model(variant["ModelName"])
        return {"InitialVariantWeight": 1.0, **variant}

    def _delete_configuration(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """AWS lets go of one that an endpoint runs on, too."""
        name = asked["EndpointConfigName"]
        self._tags.forget(self.configuration(name)["EndpointConfigArn"])
        del self._configurations[name]
        return {}

    def _list_configurations(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        fields = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
        rows = [{field: row[field] for field in fields} for row in self._configurations.values()]
        return list_page(rows, asked, kind="EndpointConfig", key="EndpointConfigs")
