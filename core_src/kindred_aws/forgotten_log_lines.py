"""Log events that name a unit: looked for, and told; CloudWatch Logs removes no single one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kindred.privacy.forgetting import Names, Passed

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient

_PAGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenLogLines:
    """The unit's own id is looked for: a pseudonym in a log is nobody's once its key has gone.

    Groups are looked into that have `named` in their names. The cursor is a log group, and where in
    it to go on.
    """

    client: CloudWatchLogsClient
    named: str

    def look(self, names: Names, *, cursor: str | None) -> Passed:
        groups = self._groups()
        group, token = json.loads(cursor) if cursor else (groups[0] if groups else None, None)
        found, pages = 0, 0
        notes: list[str] = []
        while group is not None and pages < _PAGES:
            answer = self.client.filter_log_events(
                logGroupName=group,
                # As Powertools writes it.
                filterPattern=json.dumps(names.unit_id, ensure_ascii=False),
                **({"nextToken": token} if token else {}),
            )
            pages += 1
            if events := len(answer["events"]):
                found += events
                notes.append(f"{group}: {events} events, gone when its retention ends")
            token = answer.get("nextToken")
            if token is None:
                group = next((each for each in groups if each > group), None)
        return Passed(
            looked_at=pages,
            found=found,
            cursor=json.dumps([group, token]) if group is not None else None,
            notes=tuple(notes),
        )

    def _groups(self) -> list[str]:
        pages = self.client.get_paginator("describe_log_groups").paginate(
            logGroupNamePattern=self.named
        )
        names = (each["logGroupName"] for page in pages for each in page["logGroups"])
        # Letter by letter: only those may be read.
        return sorted(name for name in names if self.named in name)
