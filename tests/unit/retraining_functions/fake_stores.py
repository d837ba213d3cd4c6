"""A feature store, and the models behind an endpoint, for the local SageMaker."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from kindred.similarity.app import AppMetadata, Pricing
from kindred.similarity.index import ExactIndex
from ops.local.sagemaker.model_host import ModelAnswer, Readiness

ARN = "arn:aws:sagemaker:us-east-1:123456789012"


class FeatureStore:
    """`records` are values by feature, by app id; `written` those put since."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, str]] = {}
        self.written: list[str] = []

    def operations(self) -> dict[tuple[str, str], Any]:
        runtime = "sagemaker-featurestore-runtime"
        return {
            ("sagemaker", "DescribeFeatureGroup"): self._describe,
            (runtime, "BatchGetRecord"): self._read,
            (runtime, "PutRecord"): self._put,
        }

    def advance(self) -> None:
        pass

    def _describe(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["FeatureGroupName"]
        return {
            "FeatureGroupArn": f"{ARN}:feature-group/{name}",
            "FeatureGroupName": name,
            "RecordIdentifierFeatureName": "app_id",
            "EventTimeFeatureName": "last_updated",
            "FeatureDefinitions": [{"FeatureName": "app_id", "FeatureType": "String"}],
            "CreationTime": datetime(2026, 11, 1, tzinfo=UTC),
            "NextToken": "",
            "OfflineStoreConfig": {
                "S3StorageConfig": {"S3Uri": "s3://training/features"},
                "DataCatalogConfig": {
                    "Catalog": "AwsDataCatalog",
                    "Database": "sagemaker_featurestore",
                    "TableName": "app_features_1",
                },
            },
        }

    def _read(self, asked: dict[str, Any]) -> dict[str, Any]:
        [wanted] = asked["Identifiers"]
        found = [
            {
                "FeatureGroupName": wanted["FeatureGroupName"],
                "RecordIdentifierValueAsString": app_id,
                "Record": _pairs(self.records[app_id]),
            }
            for app_id in wanted["RecordIdentifiersValueAsString"]
            if app_id in self.records
        ]
        return {"Records": found, "Errors": [], "UnprocessedIdentifiers": []}

    def _put(self, asked: dict[str, Any]) -> dict[str, Any]:
        values = {pair["FeatureName"]: pair["ValueAsString"] for pair in asked["Record"]}
        self.records[values["app_id"]] = values
        self.written.append(values["app_id"])
        return {}


class ModelOf:
    """Answers by an artefact's vectors, as the inference container does; `starting` for a while."""

    def __init__(self, artefact: Any) -> None:
        self._artefact = artefact
        self.ready = True

    def start(self, fleet: Any, model: Any) -> None:
        pass

    def readiness(self, fleet: Any) -> Readiness:
        return Readiness(ready=self.ready)

    def stop(self, fleet: Any) -> None:
        pass

    def invoke(self, fleet: Any, request: Any) -> ModelAnswer:
        asked = json.loads(request.body)
        features, artefact = asked["features"], self._artefact
        pricing = features.pop("pricing")
        metadata = AppMetadata(
            **{**features, "features": tuple(features["features"])},
            pricing=Pricing(pricing) if pricing else None,
        )
        hits = ExactIndex(artefact.vectors).search(artefact.model.embed(metadata), k=asked["top_k"])
        predictions = [
            {"app_id": artefact.catalogue.app_id(hit.row), "similarity": hit.score} for hit in hits
        ]
        body = {"predictions": predictions, "model_version": artefact.manifest.model_version}
        return ModelAnswer(200, json.dumps(body).encode(), "application/json", 1_000.0)


def _pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]
