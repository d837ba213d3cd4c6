"""Records of feature groups: the newest of each online, by its event time, and all offline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ops.local.sagemaker.feature_values import FeatureRecord, read_moment, read_record, refused
from ops.local.sagemaker.names import moment
from ops.local.sagemaker.operation import Operation

if TYPE_CHECKING:
    from ops.local.sagemaker.feature_groups import FeatureGroup

RUNTIME = "sagemaker-featurestore-runtime"
ONLINE, OFFLINE = "OnlineStore", "OfflineStore"


class FeatureRecords:
    """The runtime's operations on the groups that `find` gives by name or ARN, or refuses."""

    def __init__(self, clock: Callable[[], float], find: Callable[[str], FeatureGroup]) -> None:
        self._clock, self._find = clock, find

    def operations(self) -> Mapping[tuple[str, str], Operation]:
        named = {
            "PutRecord": self._put,
            "GetRecord": self._get,
            "DeleteRecord": self._delete,
            "BatchGetRecord": self._get_several,
        }
        return {(RUNTIME, name): operation for name, operation in named.items()}

    def _put(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        if "TtlDuration" in asked:
            raise refused("records that expire are not carried here")
        group = self._find(asked["FeatureGroupName"])
        record = read_record(
            asked["Record"],
            group.description["FeatureDefinitions"],
            id_=group.id_feature,
            time=group.time_feature,
        )
        stores = asked.get("TargetStores") or group.stores
        for store in set(stores) - set(group.stores):
            raise refused(f"{store}: the group has {', '.join(group.stores)}")
        if ONLINE in stores:
            _keep(group, record)
        if OFFLINE in stores and group.offline:
            group.offline.append(record, moment(self._clock()))
        return {}

    def _get(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        group = self._find(asked["FeatureGroupName"])
        _require_online(group)
        found = _features(group, asked["RecordIdentifierValueAsString"], asked.get("FeatureNames"))
        return {"Record": found} if found else {}

    def _get_several(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        records = []
        for identifier in asked["Identifiers"]:
            group = self._find(identifier["FeatureGroupName"])
            _require_online(group)
            for value in identifier["RecordIdentifiersValueAsString"]:
                found = _features(group, value, identifier.get("FeatureNames"))
                if found:
                    records.append(
                        {
                            "FeatureGroupName": identifier["FeatureGroupName"],
                            "RecordIdentifierValueAsString": value,
                            "Record": found,
                        }
                    )
        return {"Records": records, "Errors": [], "UnprocessedIdentifiers": []}

    def _delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Softly, what was deleted keeps its moment: an older record does not come back."""
        group = self._find(asked["FeatureGroupName"])
        identifier = asked["RecordIdentifierValueAsString"]
        kind = group.type_of(group.time_feature)
        values = {group.id_feature: identifier, group.time_feature: asked["EventTime"]}
        record = FeatureRecord(identifier, read_moment(asked["EventTime"], kind), values)
        stores = asked.get("TargetStores") or group.stores
        if ONLINE in stores:
            _keep(group, record, deleted=True)
            if asked.get("DeletionMode") == "HardDelete":
                group.online.pop(identifier, None)
        if OFFLINE in stores and group.offline:
            group.offline.append(record, moment(self._clock()), deleted=True)
        return {}


def _keep(group: FeatureGroup, record: FeatureRecord, *, deleted: bool = False) -> None:
    """An older record than the one that is kept goes to the offline store only."""
    kept = group.online.get(record.identifier)
    if kept is None or record.moment >= kept[0].moment:
        group.online[record.identifier] = (record, deleted)


def _features(
    group: FeatureGroup, identifier: str, names: list[str] | None
) -> list[dict[str, str]]:
    """Empty when there is no record."""
    for name in names or ():
        group.type_of(name)
    kept = group.online.get(identifier)
    if kept is None or kept[1]:
        return []
    return [
        {"FeatureName": name, "ValueAsString": value}
        for name, value in kept[0].values.items()
        if not names or name in names
    ]


def _require_online(group: FeatureGroup) -> None:
    if ONLINE not in group.stores:
        raise refused("the feature group has no online store")
