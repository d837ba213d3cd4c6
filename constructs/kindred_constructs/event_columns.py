"""The columns of archived events: every field that any kind of event has."""

from __future__ import annotations

# Name and Hive type; times stay text, which Athena reads with from_iso8601_timestamp.
EVENT_COLUMNS = (
    ("event_id", "string"),
    ("type", "string"),
    ("occurred_at", "string"),
    ("unit_id", "string"),
    ("traceparent", "string"),
    ("experiment_id", "string"),
    ("variation", "string"),
    ("served", "string"),
    ("segments", "map<string,string>"),
    ("covariate", "double"),
    ("metric", "string"),
    ("value", "double"),
    ("cross", "array<string>"),
    ("app_id", "string"),
    ("request_id", "string"),
    ("model_version", "string"),
    ("score", "double"),
    ("observed", "double"),
    ("neighbors", "array<string>"),
    # A JSON document: what it describes has grown fields before.
    ("query", "string"),
)
