"""An account of the local SageMaker in this process, asked by real clients."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from ops.local.sagemaker.in_process import LocalSageMaker

ROLE = "arn:aws:iam::000000000000:role/execution"
ENDPOINT = "kindred-test-embeddings"
MINUTE = 60.0


class Account:
    """Names are short: endpoint configurations by their number, models by their variant."""

    def __init__(self) -> None:
        self.local = LocalSageMaker(update_seconds=MINUTE)
        self.sagemaker = self.local.client("sagemaker")

    @cached_property
    def runtime(self) -> Any:
        return self.local.client("sagemaker-runtime")

    @cached_property
    def scaling(self) -> Any:
        return self.local.client("application-autoscaling")

    def wait(self, minutes: float = 1.0) -> None:
        """Let time pass, and whatever is due happen."""
        self.local.now += minutes * MINUTE
        self.local.control_plane.advance()

    def model(self, name: str) -> None:
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": f"image:{name}", "ModelDataUrl": f"s3://models/{name}"},
        )

    def configure(self, name: str, variants: dict[str, float], **more: Any) -> None:
        """Variants with their weights; the model of each is called `<configuration>-<variant>`."""
        instance_type = more.pop("instance_type", "ml.m6g.large")
        for variant in variants:
            self.model(f"{name}-{variant}")
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": variant,
                    "ModelName": f"{name}-{variant}",
                    "InstanceType": instance_type,
                    "InitialInstanceCount": 1,
                    "InitialVariantWeight": weight,
                }
                for variant, weight in variants.items()
            ],
            **more,
        )

    def serve(self, variants: dict[str, float] | None = None, **more: Any) -> None:
        """An endpoint in service on configuration `c1`."""
        self.configure("c1", variants or {"production": 1.0}, **more)
        self.sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="c1")
        self.wait()

    def update(self, configuration: str, **more: Any) -> None:
        self.sagemaker.update_endpoint(
            EndpointName=ENDPOINT, EndpointConfigName=configuration, **more
        )

    def shift(self, **weights: float) -> None:
        self.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=ENDPOINT,
            DesiredWeightsAndCapacities=[
                {"VariantName": name, "DesiredWeight": weight} for name, weight in weights.items()
            ],
        )

    def describe(self) -> dict[str, Any]:
        described: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=ENDPOINT)
        return described

    @property
    def status(self) -> str:
        return str(self.describe()["EndpointStatus"])

    @property
    def configuration(self) -> str:
        return str(self.describe()["EndpointConfigName"])

    def weights(self, which: str = "Current") -> dict[str, float]:
        variants = self.describe()["ProductionVariants"]
        return {variant["VariantName"]: variant[f"{which}Weight"] for variant in variants}

    def instances(self, variant: str, which: str = "Current") -> int:
        found = self.describe()["ProductionVariants"]
        return next(
            int(each[f"{which}InstanceCount"]) for each in found if each["VariantName"] == variant
        )

    def invoke(self, **more: Any) -> str:
        """Who answered."""
        answer = self.runtime.invoke_endpoint(EndpointName=ENDPOINT, Body=b"{}", **more)
        return str(answer["InvokedProductionVariant"])


def refusal(error: ClientError) -> tuple[str, str]:
    """Code and message."""
    return error.response["Error"]["Code"], error.response["Error"]["Message"]
