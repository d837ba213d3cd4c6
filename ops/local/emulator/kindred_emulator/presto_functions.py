"""Functions that Athena's engine has and DuckDB has not, or has by another name, as its macros.

Source: Trino's documentation, "Functions and operators"; only what this project's queries call.
"""

from __future__ import annotations

from typing import Final

PRESTO_FUNCTIONS: Final = (
    "from_iso8601_timestamp(text) AS CAST(text AS TIMESTAMPTZ)",
    "from_iso8601_date(text) AS CAST(text AS DATE)",
    "from_unixtime(seconds) AS to_timestamp(seconds)",
    "to_unixtime(moment) AS epoch(moment)",
    "to_iso8601(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S.%gZ')",
    "json_parse(text) AS CAST(text AS JSON)",
    "json_format(document) AS CAST(document AS VARCHAR)",
    "json_extract_scalar(document, path) AS json_extract_string(document, path)",
    "cardinality(list) AS len(list)",
    "element_at(list, position) AS list[position]",
    "map_agg(key, value) AS map_from_entries(list({'k': key, 'v': value}))",
    "arbitrary(value) AS any_value(value)",
    "approx_distinct(value) AS approx_count_distinct(value)",
    "approx_percentile(value, share) AS approx_quantile(value, share)",
    "array_join(list, separator) AS array_to_string(list, separator)",
    "regexp_like(text, pattern) AS regexp_matches(text, pattern)",
    "sequence(first, last) AS generate_series(first, last)",
    "date_parse(text, format) AS strptime(text, format)",
    "is_finite(value) AS isfinite(value)",
    "is_nan(value) AS isnan(value)",
    "rand() AS random()",
)


def create_statements() -> list[str]:
    """One macro each."""
    return [f"CREATE MACRO {function}" for function in PRESTO_FUNCTIONS]
