"""Whether a document matches a query: the part of the query language that tests need. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Source = Mapping[str, Any]


class UnknownQuery(ValueError):
    """A query that the stand-in does not know."""


def matches(source: Source, query: Source, *, document_id: str) -> bool:
    """Match the document without scoring it. Raises UnknownQuery, which says what is known."""
    if len(query) != 1:
        raise UnknownQuery(f"a query has one kind, given {', '.join(query) or 'none'}")
    [(kind, body)] = query.items()
    if kind not in KINDS:
        known = ", ".join(sorted(KINDS))
        raise UnknownQuery(f"unknown query [{kind}]: this stand-in for OpenSearch knows {known}")
    return KINDS[kind](source, body, document_id)


def _boolean(source: Source, body: Source, document_id: str) -> bool:
    def every(clause: str) -> list[bool]:
        given = body.get(clause, [])
        queries = given if isinstance(given, list) else [given]
        return [matches(source, query, document_id=document_id) for query in queries]

    required = all([*every("filter"), *every("must")])
    optional = every("should")
    enough = any(optional) or not optional or "filter" in body or "must" in body
    return required and enough and not any(every("must_not"))


def _term(source: Source, body: Source, _: str) -> bool:
    [(name, wanted)] = body.items()
    value = wanted["value"] if isinstance(wanted, Mapping) else wanted
    return _equal(_values(source, name), [value])


def _terms(source: Source, body: Source, _: str) -> bool:
    [(name, wanted)] = body.items()
    return _equal(_values(source, name), wanted)


def _range(source: Source, body: Source, _: str) -> bool:
    [(name, bounds)] = body.items()
    return any(
        all(BOUNDS[bound](value, limit) for bound, limit in bounds.items() if bound in BOUNDS)
        for value in _values(source, name)
    )


def _exists(source: Source, body: Source, _: str) -> bool:
    return bool(_values(source, body["field"]))


def _values(source: Source, name: str) -> list[Any]:
    """What stands at `a.b`, in one list; `.keyword` is the field itself here."""
    found: Any = source
    for part in name.removesuffix(".keyword").split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _equal(values: list[Any], wanted: list[Any]) -> bool:
    return any(value == one or str(value) == str(one) for value in values for one in wanted)


BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda value, limit: value > limit,
    "gte": lambda value, limit: value >= limit,
    "lt": lambda value, limit: value < limit,
    "lte": lambda value, limit: value <= limit,
}
KINDS: dict[str, Callable[[Source, Any, str], bool]] = {
    "match_all": lambda _, __, ___: True,
    "ids": lambda _, body, document_id: document_id in body["values"],
    "bool": _boolean,
    "term": _term,
    "terms": _terms,
    "match": _term,
    "range": _range,
    "exists": _exists,
}
