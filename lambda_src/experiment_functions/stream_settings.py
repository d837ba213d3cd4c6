"""What the stream's consumers are told by their environment, and the adapters made of it.

botocore is imported with the first client: it is most of what a cold start costs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from kindred_aws.dead_letters import DeadLetterQueue
from kindred_aws.experiment_ledger import ExperimentLedger
from kindred_aws.function_tracing import traced_session

if TYPE_CHECKING:
    from kindred_aws.search_index import SearchIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingSettings:
    """`event_id_retention_days` is how long an event is known to have been counted."""

    counters_table: str
    ledger_table: str
    tables_region: str
    event_id_retention_days: int


@cache
def counting_settings() -> CountingSettings:
    """Raises KeyError for what is missing and ValueError for what is out of range."""
    days = int(os.environ.get("EVENT_ID_RETENTION_DAYS", "90"))
    if not 29 <= days <= 3650:
        # An event is on the stream for 7 days, a letter for 14, and brought back for 7 once more.
        raise ValueError(f"EVENT_ID_RETENTION_DAYS: given {days}, allowed 29 to 3650")
    return CountingSettings(
        counters_table=os.environ["DYNAMODB_TABLE_NAME"],
        ledger_table=os.environ["LEDGER_TABLE"],
        tables_region=os.environ.get("DYNAMODB_REGION") or os.environ["AWS_REGION"],
        event_id_retention_days=days,
    )


@cache
def ledger() -> ExperimentLedger:
    settings = counting_settings()
    return ExperimentLedger(
        _client("dynamodb", settings.tables_region),
        counters_table=settings.counters_table,
        ledger_table=settings.ledger_table,
        remember_events_days=settings.event_id_retention_days,
    )


@cache
def dead_letter_queue() -> DeadLetterQueue:
    client = _client("sqs", os.environ["AWS_REGION"])
    return DeadLetterQueue(client, queue_url=os.environ["DEAD_LETTER_QUEUE_URL"])


@cache
def search_index() -> SearchIndex:
    from botocore.exceptions import NoCredentialsError
    from botocore.session import get_session

    from kindred_aws.search_index import SearchIndex

    session = get_session()
    if (credentials := session.get_credentials()) is None:
        raise NoCredentialsError
    return SearchIndex(
        os.environ["OPENSEARCH_ENDPOINT"],
        prefix=os.environ["OPENSEARCH_INDEX_PREFIX"],
        region=os.environ["AWS_REGION"],
        credentials=credentials,
        # As every client of botocore reads it: AWS_CA_BUNDLE.
        ca_bundle=session.get_config_variable("ca_bundle"),
    )


def _client(service: str, region: str) -> Any:
    from botocore.config import Config

    # What we send is built by us: checking each of a hundred items costs a third of the time.
    config = Config(
        parameter_validation=False,
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    return traced_session().create_client(service, region_name=region, config=config)
