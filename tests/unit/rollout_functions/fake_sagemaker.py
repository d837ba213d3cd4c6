"""As much of SageMaker as the API asks, held to botocore's shapes by the local control plane."""

from __future__ import annotations

from datetime import UTC, datetime

from ops.local.sagemaker.operation import Refusal, invalid

ACCOUNT = "arn:aws:sagemaker:us-east-1:123456789012"
NOW = datetime(2026, 3, 10, tzinfo=UTC)


class FakeSageMaker:
    """`endpoints` are the variants' models in order, by name on SageMaker."""

    def __init__(self):
        self.packages = {}
        self.endpoints = {}
        self.jobs = {}
        self.answer = None
        self.asked = []

    def operations(self):
        named = {
            "DescribeModelPackage": self._package,
            "DescribeEndpoint": self._endpoint,
            "DescribeEndpointConfig": self._configuration,
            "CreateTransformJob": self._create_job,
            "DescribeTransformJob": self._job,
        }
        runtime = {("sagemaker-runtime", "InvokeEndpoint"): self._invoke}
        return {**{("sagemaker", name): call for name, call in named.items()}, **runtime}

    def advance(self):
        pass

    def add_package(self, version, approval="Approved", group="kindred-dev-models", **container):
        arn = f"{ACCOUNT}:model-package/{group}/{version}"
        held = {
            "Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/models:1",
            "ModelDataUrl": f"s3://training/models/{version}/model.tar.gz",
            **container,
        }
        self.packages[arn] = {
            "ModelPackageName": f"{group}-{version}",
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "CreationTime": NOW,
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "ModelApprovalStatus": approval,
            "InferenceSpecification": {"Containers": [held]},
        }
        return arn

    def container(self, arn):
        return self.packages[arn]["InferenceSpecification"]["Containers"][0]

    def _package(self, asked):
        name = asked["ModelPackageName"]
        if name not in self.packages:
            raise invalid(f"ModelPackage {name} does not exist.")
        return self.packages[name]

    def _endpoint(self, asked):
        name = asked["EndpointName"]
        if name not in self.endpoints:
            raise invalid(f'Could not find endpoint "{ACCOUNT}:endpoint/{name}".')
        return {
            "EndpointName": name,
            "EndpointArn": f"{ACCOUNT}:endpoint/{name}",
            "EndpointConfigName": f"{name}-configuration",
            "EndpointStatus": "InService",
            "CreationTime": NOW,
            "LastModifiedTime": NOW,
        }

    def _configuration(self, asked):
        name = asked["EndpointConfigName"]
        models = self.endpoints[name.removesuffix("-configuration")]
        return {
            "EndpointConfigName": name,
            "EndpointConfigArn": f"{ACCOUNT}:endpoint-config/{name}",
            "CreationTime": NOW,
            "ProductionVariants": [
                {"VariantName": f"variant-{number}", "ModelName": model}
                for number, model in enumerate(models)
            ],
        }

    def _create_job(self, asked):
        name = asked["TransformJobName"]
        if name in self.jobs:
            raise Refusal("ResourceInUse", f"Job name must be unique: {name} exists")
        arn = f"{ACCOUNT}:transform-job/{name}"
        known = {"TransformJobArn": arn, "TransformJobStatus": "InProgress", "CreationTime": NOW}
        self.jobs[name] = {**asked, **known}
        return {"TransformJobArn": arn}

    def _job(self, asked):
        name = asked["TransformJobName"]
        if name not in self.jobs:
            raise invalid(f"Could not find requested job with name: {name}")
        return self.jobs[name]

    def _invoke(self, asked):
        self.asked.append(asked)
        return self.answer(asked)
