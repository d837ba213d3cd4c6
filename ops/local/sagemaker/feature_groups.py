"""Feature groups of the feature store: what is kept of them, online and offline.

Not modelled: collections, records that expire, Iceberg, throughput, in-memory tiers, and how long
AWS takes to write the offline store.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.local.sagemaker.feature_records import OFFLINE, ONLINE, FeatureRecords
from ops.local.sagemaker.feature_values import ADDED, FeatureRecord, refused
from ops.local.sagemaker.listing import list_page
from ops.local.sagemaker.names import moment, resource_arn
from ops.local.sagemaker.offline_store import (
    FLUSH_SECONDS,
    OWN_DATABASE,
    OfflineStore,
    resolved_address,
)
from ops.local.sagemaker.operation import Operation, Refusal, invalid
from ops.local.sagemaker.tags import Tags

if TYPE_CHECKING:
    from ops.local.sagemaker.roles import Roles

CREATED = "Created"
SUMMARY = (
    "FeatureGroupName",
    "FeatureGroupArn",
    "CreationTime",
    "FeatureGroupStatus",
    "OfflineStoreStatus",
)


@dataclass
class FeatureGroup:
    """In the shape of DescribeFeatureGroup, with its newest records, each deleted or not."""

    description: dict[str, Any]
    offline: OfflineStore | None
    online: dict[str, tuple[FeatureRecord, bool]] = field(default_factory=dict)

    @property
    def stores(self) -> list[str]:
        online = self.description.get("OnlineStoreConfig", {}).get("EnableOnlineStore")
        return [*([ONLINE] if online else []), *([OFFLINE] if self.offline else [])]

    @property
    def id_feature(self) -> str:
        return str(self.description["RecordIdentifierFeatureName"])

    @property
    def time_feature(self) -> str:
        return str(self.description["EventTimeFeatureName"])

    def type_of(self, feature: str) -> str:
        """Raises Refusal."""
        for held in self.description["FeatureDefinitions"]:
            if held["FeatureName"] == feature:
                return str(held["FeatureType"])
        raise refused(f"feature {feature} is not of the group")


class FeatureStore:
    """A part whose groups are made, and whose offline stores are written, beside the calls."""

    def __init__(self, clock: Callable[[], float], tags: Tags, roles: Roles, glue: Any) -> None:
        """`glue` is a client of Glue, which is asked as SageMaker itself."""
        self._clock, self._tags, self._roles, self._glue = clock, tags, roles, glue
        self._groups: dict[str, FeatureGroup] = {}
        self._records = FeatureRecords(clock, self._ready)
        self._ended = threading.Event()
        threading.Thread(target=self._write_on, name="offline-store", daemon=True).start()

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        named = {
            "CreateFeatureGroup": self._create,
            "DescribeFeatureGroup": self._describe,
            "UpdateFeatureGroup": self._update,
            "DeleteFeatureGroup": self._delete,
            "ListFeatureGroups": self._list,
        }
        own = {("sagemaker", name): operation for name, operation in named.items()}
        return {**own, **self._records.operations()}

    def advance(self) -> None:
        """Groups are made beside the calls."""

    def flush(self) -> None:
        """Write what waits for the offline stores."""
        for group in list(self._groups.values()):
            if group.offline and group.description["FeatureGroupStatus"] == CREATED:
                try:
                    group.offline.flush()
                except (BotoCoreError, ClientError) as error:
                    name = group.description["FeatureGroupName"]
                    print(f"the offline store of {name}: {error}", flush=True)  # noqa: T201

    def stop(self) -> None:
        """With everything: nothing is left unwritten."""
        self._ended.set()
        self.flush()

    def _write_on(self) -> None:
        while not self._ended.wait(FLUSH_SECONDS):
            self.flush()

    def _group(self, name: str) -> FeatureGroup:
        short = name.rpartition("/")[2]
        found = next((held for key, held in self._groups.items() if _same(key, short)), None)
        if found is None:
            raise Refusal("ResourceNotFound", f"Resource Not Found: feature group {short}")
        return found

    def _ready(self, name: str) -> FeatureGroup:
        """For records. Raises Refusal."""
        try:
            group = self._group(name)
        except Refusal as refusal:
            raise Refusal(refusal.code, refusal.message, 404) from refusal
        status = group.description["FeatureGroupStatus"]
        if status != CREATED:
            raise refused(f"the feature group {name} is {status}")
        return group

    def _create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = asked["FeatureGroupName"]
        if any(_same(name, held) for held in self._groups):
            raise Refusal("ResourceInUse", f"Resource Already Exists: FeatureGroup {name}")
        _check(asked)
        arn, now = resource_arn("feature-group", name.lower()), moment(self._clock())
        content = {key: value for key, value in asked.items() if key != "Tags"}
        content |= {
            "FeatureGroupArn": arn,
            "CreationTime": now,
            "LastModifiedTime": now,
            "FeatureGroupStatus": "Creating",
            "NextToken": "",
        }
        group = FeatureGroup(content, None)
        if "OfflineStoreConfig" in asked:
            content["OfflineStoreConfig"] = _offline_config(asked, name, now)
            content["OfflineStoreStatus"] = {"Status": "Active"}
            group.offline = OfflineStore(content, self._roles, self._glue)
        self._groups[name] = group
        self._tags.put(arn, asked.get("Tags", []))
        threading.Thread(target=self._prepare, args=(group,), name=name, daemon=True).start()
        return {"FeatureGroupArn": arn}

    def _prepare(self, group: FeatureGroup) -> None:
        """After a creation or an update: each has a status of its own."""
        content = group.description
        created = content["FeatureGroupStatus"] == CREATED
        try:
            if group.offline:
                group.offline.prepare()
        except (BotoCoreError, ClientError) as error:
            failed = {"FailureReason": str(error)}
            if created:
                content["LastUpdateStatus"] = {"Status": "Failed", **failed}
            else:
                content |= {**failed, "FeatureGroupStatus": "CreateFailed"}
        else:
            content["FeatureGroupStatus"] = CREATED
            if created:
                content["LastUpdateStatus"] = {"Status": "Successful"}

    def _describe(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return dict(self._group(asked["FeatureGroupName"]).description)

    def _update(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        group = self._group(asked["FeatureGroupName"])
        content = group.description
        if set(asked) - {"FeatureGroupName", "FeatureAdditions"}:
            raise invalid("a feature group gains features here, and changes nothing else")
        known = {held["FeatureName"] for held in content["FeatureDefinitions"]}
        added = [held for held in asked["FeatureAdditions"] if held["FeatureName"] not in known]
        content["FeatureDefinitions"] = [*content["FeatureDefinitions"], *added]
        content |= {
            "LastModifiedTime": moment(self._clock()),
            "LastUpdateStatus": {"Status": "InProgress"},
        }
        threading.Thread(target=self._prepare, args=(group,), daemon=True).start()
        return {"FeatureGroupArn": content["FeatureGroupArn"]}

    def _delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Files and the table of the offline store stay, as on AWS."""
        group = self._group(asked["FeatureGroupName"])
        if group.offline:
            self.flush()
        self._tags.forget(group.description["FeatureGroupArn"])
        del self._groups[group.description["FeatureGroupName"]]
        return {}

    def _list(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        rows = [
            {name: group.description[name] for name in SUMMARY if name in group.description}
            for group in self._groups.values()
        ]
        return list_page(rows, asked, kind="FeatureGroup", key="FeatureGroupSummaries")


def _same(one: str, other: str) -> bool:
    """Names of feature groups know no case."""
    return one.lower() == other.lower()


def _offline_config(asked: Mapping[str, Any], name: str, created: Any) -> dict[str, Any]:
    config = asked["OfflineStoreConfig"]
    resolved = resolved_address(config, name, created)
    storage = {**config["S3StorageConfig"], "ResolvedOutputS3Uri": resolved}
    table = re.sub(r"\W", "_", f"{name}_{int(created.timestamp())}").lower()
    catalog = config.get("DataCatalogConfig") or {
        "Catalog": "AwsDataCatalog",
        "Database": OWN_DATABASE,
        "TableName": table,
    }
    made = {**config, "S3StorageConfig": storage}
    return made if config.get("DisableGlueTableCreation") else made | {"DataCatalogConfig": catalog}


def _check(asked: Mapping[str, Any]) -> None:
    """Raises Refusal."""
    names = [held["FeatureName"] for held in asked["FeatureDefinitions"]]
    for name in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        if asked[name] not in names:
            raise invalid(f"{name}: given {asked[name]}, the features are {', '.join(names)}")
    for name in {name.lower() for name in names} & {*ADDED, "year", "month", "day", "hour"}:
        raise invalid(f"feature {name}: its name is reserved")
    if any("CollectionType" in held for held in asked["FeatureDefinitions"]):
        raise invalid("collections are not carried here")
    if asked.get("OfflineStoreConfig", {}).get("TableFormat", "Glue") != "Glue":
        raise invalid("the offline store has the format Glue here")
    if "OfflineStoreConfig" in asked and "RoleArn" not in asked:
        raise invalid("RoleArn is missing: the offline store is written as a role")
    online = asked.get("OnlineStoreConfig", {}).get("EnableOnlineStore")
    if not online and "OfflineStoreConfig" not in asked:
        raise invalid("a feature group has an online store, an offline store, or both")
