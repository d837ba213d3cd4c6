"""Athena with answers prepared: what a query's text asks for decides which."""

from __future__ import annotations

from typing import Any


class FakeLake:
    """`answers` are rows by a part of the query's text; the first part that is in it counts."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[Any, ...]]] = {}
        self.asked: list[str] = []
        self.states = ["QUEUED", "SUCCEEDED"]
        self.reason = ""

    def start_query_execution(self, *, QueryString: str, WorkGroup: str) -> dict[str, str]:
        assert WorkGroup == "kindred-local"
        self.asked.append(QueryString)
        self._left = list(self.states)
        return {"QueryExecutionId": str(len(self.asked))}

    def get_query_execution(self, *, QueryExecutionId: str) -> dict[str, Any]:
        state = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        status = {"State": state, "StateChangeReason": self.reason}
        return {"QueryExecution": {"Status": status}}

    def get_paginator(self, name: str) -> FakeLake:
        assert name == "get_query_results"
        return self

    def paginate(self, *, QueryExecutionId: str) -> list[dict[str, Any]]:
        """Two pages, of which only the first begins with the columns' names."""
        query = self.asked[int(QueryExecutionId) - 1]
        rows = next((rows for part, rows in self.answers.items() if part in query), [])
        header = [("column",) * len(rows[0])] if rows else [("column",)]
        whole = [_row(row) for row in (*header, *rows)]
        return [{"ResultSet": {"Rows": whole[:2]}}, {"ResultSet": {"Rows": whole[2:]}}]


def _row(values: tuple[Any, ...]) -> dict[str, Any]:
    return {"Data": [{} if value is None else {"VarCharValue": str(value)} for value in values]}
