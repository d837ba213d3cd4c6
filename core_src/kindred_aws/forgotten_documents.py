"""A unit's documents in OpenSearch, counted and removed by query."""

from __future__ import annotations

import json
from typing import Any, cast

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from kindred.privacy.forgetting import Names, Passed

_CONNECT_SECONDS, _READ_SECONDS = 2, 110


class SearchRefused(RuntimeError):
    """OpenSearch answered with an error, or left documents behind."""


class ForgottenDocuments:
    """`ca_bundle` is a file of authorities to trust instead of the public ones."""

    def __init__(
        self,
        endpoint: str,
        *,
        prefix: str,
        region: str,
        credentials: Credentials,
        ca_bundle: str | None = None,
    ) -> None:
        self._url = f"{endpoint.rstrip('/')}/{prefix}-*"
        self._region = region
        self._credentials = credentials
        self._http = URLLib3Session(
            verify=cast("Any", ca_bundle or True),
            timeout=cast("Any", (_CONNECT_SECONDS, _READ_SECONDS)),
        )

    def go_through(self, names: Names, *, remove: bool) -> Passed:
        """Raises SearchRefused."""
        # A dynamic mapping keeps a text beside its words as a `keyword`, of up to 256 characters.
        query = {"terms": {"unit_id.keyword": list(names.all)}}
        looked_at = int(self._call("_count", {"query": {"match_all": {}}})["count"])
        found = int(self._call("_count", {"query": query})["count"])
        removed = 0
        if remove and found:
            answer = self._call("_delete_by_query?conflicts=proceed&refresh=true", {"query": query})
            removed = int(answer["deleted"])
            if answer.get("failures"):
                raise SearchRefused(f"{len(answer['failures'])} documents were not removed")
        return Passed(looked_at=looked_at, found=found, removed=removed)

    def _call(self, what: str, body: Any) -> Any:
        request = AWSRequest(
            "POST",
            f"{self._url}/{what}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        SigV4Auth(self._credentials.get_frozen_credentials(), "es", self._region).add_auth(request)
        answer = self._http.send(request.prepare())
        if answer.status_code != 200:
            # Not the address: it is the same each time; and not the body, which names the unit.
            raise SearchRefused(f"OpenSearch answered {answer.status_code} to {what}")
        return json.loads(answer.content)
