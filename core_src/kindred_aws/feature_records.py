"""Records of the feature group: read many at once, written one by one, and where they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kindred.retraining.app_features import AppFeatures

if TYPE_CHECKING:
    from types_boto3_sagemaker import SageMakerClient
    from types_boto3_sagemaker_featurestore_runtime import SageMakerFeatureStoreRuntimeClient

# The most that one call reads.
BATCH = 100
_EVENT_TIME = "last_updated"
_WRITERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRecords:
    client: SageMakerFeatureStoreRuntimeClient
    group: str

    def read(self, app_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Values by feature of those of at most `BATCH` apps that have a record, without times."""
        answer = self.client.batch_get_record(
            Identifiers=[
                {
                    "FeatureGroupName": self.group,
                    "RecordIdentifiersValueAsString": list(app_ids),
                }
            ]
        )
        if answer["Errors"] or answer["UnprocessedIdentifiers"]:
            unread = answer["Errors"] or answer["UnprocessedIdentifiers"]
            raise RuntimeError(f"records of {self.group} could not be read: {unread[:3]}")
        return {
            record["RecordIdentifierValueAsString"]: {
                feature["FeatureName"]: feature["ValueAsString"]
                for feature in record["Record"]
                if feature["FeatureName"] != _EVENT_TIME
            }
            for record in answer["Records"]
        }

    def write(self, records: Iterable[AppFeatures], *, at: str) -> int:
        """How many were written; `at` is their time. The first that is refused raises."""

        def put(features: AppFeatures) -> None:
            values = features.values() | {_EVENT_TIME: at}
            self.client.put_record(
                FeatureGroupName=self.group,
                Record=[
                    {"FeatureName": name, "ValueAsString": value} for name, value in values.items()
                ],
            )

        with ThreadPoolExecutor(_WRITERS) as pool:
            return sum(1 for _ in pool.map(put, records))


def offline_table(client: SageMakerClient, group: str) -> tuple[str, str]:
    """Database and table of the group's offline store, as Athena calls them."""
    found = client.describe_feature_group(FeatureGroupName=group)
    catalog = found.get("OfflineStoreConfig", {}).get("DataCatalogConfig")
    if catalog is None:
        raise LookupError(f"feature group {group} has no offline store that Athena can read")
    return catalog["Database"], catalog["TableName"]
