"""Point search domains of the templates at the stand-in that runs beside us."""

from __future__ import annotations

import os
from typing import Any

from ministack.services import opensearch

from .resource_handlers import after_each_change


def install() -> None:
    """A domain's endpoint is the stand-in's address, for CloudFormation and for the API."""
    after_each_change("AWS::OpenSearchService::Domain", _endpoint)


def _endpoint(domain: str, _: dict[str, Any]) -> dict[str, Any]:
    endpoint = os.environ["KINDRED_SEARCH_ENDPOINT"]
    record = opensearch._domains[domain]
    record["_Endpoint"] = endpoint
    if "Endpoints" in record:
        record["Endpoints"] = {"vpc": endpoint}
    else:
        record["Endpoint"] = endpoint
    return {"DomainEndpoint": endpoint}
