"""Writes what has changed of the catalogue and its click rates to the feature store, daily."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from kindred.moments import moment
from kindred.retraining.app_features import changed, event_time, features_of
from kindred.similarity.catalogue import Catalogue
from kindred_aws.feature_records import BATCH
from retraining_functions.collaborators import artefacts, feature_records, lake, work_folder

logger = Logger()
metrics = Metrics()
_WINDOW = timedelta(days=30)
# Left for answering, once a batch has been written.
_RESERVE_MS = 30_000


@metrics.log_metrics
def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Apps that were shown come first. Where the time is not enough the next run does the rest:
    it finds in the store what has been written."""
    metrics.add_metric("DailyRuns", MetricUnit.Count, 1)
    at = moment("scheduled_at", event.get("scheduled_at"))
    catalogue = Catalogue(artefacts().download_catalogue(work_folder("catalogue")))
    traffic = lake().traffic(at - _WINDOW, at)
    rows = sorted(range(len(catalogue)), key=lambda row: catalogue.app_id(row) not in traffic)
    read = written = 0
    while read < len(rows):
        if context.get_remaining_time_in_millis() < _RESERVE_MS:
            break
        apps = [catalogue.app(row) for row in rows[read : read + BATCH]]
        wanted = [features_of(app, traffic.get(app.app_id)) for app in apps]
        stored = feature_records().read([app.app_id for app in apps])
        written += feature_records().write(changed(wanted, stored), at=event_time(at))
        read += len(apps)
    left = len(catalogue) - read
    metrics.add_metric("FeaturesWritten", MetricUnit.Count, written)
    metrics.add_metric("FeaturesLeft", MetricUnit.Count, left)
    logger.info("features fed", apps=read, written=written, left=left, shown=len(traffic))
    return {"apps": read, "written": written, "left": left, "shown": len(traffic)}
