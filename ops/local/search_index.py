"""Documents of a search domain's stand-in, kept in memory and bounded. Pure.

Answers in the words of OpenSearch 2's document, bulk and search API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ops.local.search_query import matches

LONGEST_BYTES = 64 * 1024 * 1024
DEFAULT_HITS = 10
MOST_HITS = 10_000
ACTIONS = ("index", "create", "delete")

Key = tuple[str, str]


class InvalidBulk(ValueError):
    """A bulk body that is not lines of actions and documents."""


@dataclass(slots=True)
class SearchIndex:
    """Every index of a domain. Beyond the bound the oldest documents go first, and are counted."""

    longest_bytes: int = LONGEST_BYTES
    dropped: int = 0
    _documents: dict[Key, bytes] = field(default_factory=dict)
    _indexes: set[str] = field(default_factory=set)
    _bytes: int = 0

    def bulk(self, body: bytes, *, index: str | None = None) -> dict[str, Any]:
        """Each action's result, in order; one that fails stops no other. Raises InvalidBulk."""
        items = [
            {verb: self._act(verb, name, document_id, source)}
            for verb, name, document_id, source in _read_actions(body, index)
        ]
        failed = any("error" in result for item in items for result in item.values())
        return {"took": 0, "errors": failed, "items": items}

    def put(self, index: str, document_id: str, source: Mapping[str, Any]) -> dict[str, Any]:
        """Index one document, in place of one by the same id."""
        return self._act("index", index, document_id, source)

    def delete(self, index: str, document_id: str) -> dict[str, Any]:
        return self._act("delete", index, document_id, None)

    def get(self, index: str, document_id: str) -> dict[str, Any]:
        content = self._documents.get((index, document_id))
        answer: dict[str, Any] = {"_index": index, "_id": document_id, "found": content is not None}
        return {**answer, "_source": json.loads(content)} if content is not None else answer

    def exists(self, index: str) -> bool:
        return index in self._indexes

    def create(self, index: str) -> None:
        self._indexes.add(index)

    def count(self, indexes: str, query: Mapping[str, Any]) -> int:
        """How many documents of `a,b*` match. Raises UnknownQuery."""
        return sum(1 for _ in self._found(indexes, query))

    def delete_by_query(self, indexes: str, query: Mapping[str, Any]) -> dict[str, Any]:
        """Of `a,b*`. Raises UnknownQuery."""
        found = [(index, document_id) for index, document_id, _ in self._found(indexes, query)]
        for key in found:
            self._forget(key)
        return {"took": 0, "total": len(found), "deleted": len(found), "failures": []}

    def search(self, indexes: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The newest first; `from` and `size` choose the page. Raises UnknownQuery."""
        found = list(self._found(indexes, request.get("query", {"match_all": {}})))
        first = int(request.get("from", 0))
        size = min(int(request.get("size", DEFAULT_HITS)), MOST_HITS)
        hits = [
            {"_index": index, "_id": document_id, "_score": 1.0, "_source": source}
            for index, document_id, source in reversed(found)
        ][first : first + size]
        total = {"value": len(found), "relation": "eq"}
        return {"took": 0, "timed_out": False, "hits": {"total": total, "hits": hits}}

    def _found(
        self, indexes: str, query: Mapping[str, Any]
    ) -> Iterator[tuple[str, str, dict[str, Any]]]:
        # A query that is not known is refused also where there is no document to ask it of.
        matches({}, query, document_id="")
        patterns = [name.replace("_all", "*") for name in indexes.split(",")]
        for (index, document_id), content in self._documents.items():
            if any(fnmatchcase(index, pattern) for pattern in patterns):
                source = json.loads(content)
                if matches(source, query, document_id=document_id):
                    yield index, document_id, source

    def _act(
        self, verb: str, index: str, document_id: str, source: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        key = (index, document_id)
        answer: dict[str, Any] = {"_index": index, "_id": document_id}
        before = self._documents.get(key)
        if verb == "create" and before is not None:
            reason = f"[{document_id}]: version conflict, document already exists"
            conflict = {"type": "version_conflict_engine_exception", "reason": reason}
            return {**answer, "status": 409, "error": conflict}
        if before is not None:
            self._forget(key)
        if source is None:
            found = before is not None
            result = "deleted" if found else "not_found"
            return {**answer, "status": 200 if found else 404, "result": result}
        content = json.dumps(source, separators=(",", ":")).encode()
        self._indexes.add(index)
        self._documents[key] = content
        self._bytes += len(content)
        self._drop_oldest()
        created = before is None
        result = "created" if created else "updated"
        return {**answer, "status": 201 if created else 200, "result": result}

    def _drop_oldest(self) -> None:
        while self._bytes > self.longest_bytes:
            self._forget(next(iter(self._documents)))
            self.dropped += 1

    def _forget(self, key: Key) -> None:
        self._bytes -= len(self._documents.pop(key))


def _read_actions(
    body: bytes, default_index: str | None
) -> Iterator[tuple[str, str, str, dict[str, Any] | None]]:
    lines = iter(line for line in body.split(b"\n") if line.strip())
    for number, line in enumerate(lines, start=1):
        try:
            [(verb, target)] = json.loads(line).items()
            name = target.get("_index", default_index)
            source = None if verb == "delete" else json.loads(next(lines))
            document_id = str(target["_id"])
        except (ValueError, KeyError, AttributeError, StopIteration) as error:
            raise InvalidBulk(
                f"action {number} of the bulk request is malformed: {error!r}"
            ) from error
        if verb not in ACTIONS:
            raise InvalidBulk(f"action {number} is {verb}: the stand-in knows {', '.join(ACTIONS)}")
        if not name:
            raise InvalidBulk(f"action {number} names no index")
        yield verb, name, document_id, source
