"""Start the emulator with this project's additions."""

from __future__ import annotations

import sys

from ministack.app import main

from . import (
    alarm_evaluation,
    alarm_events,
    api_gateway,
    api_tracing,
    athena_queries,
    batch_actions,
    cache_users,
    cognito,
    edge_origins,
    encryption,
    event_targets,
    firehose_delivery,
    functions,
    generated_secrets,
    load_balancing,
    log_ingestion,
    private_integrations,
    query_workgroups,
    recorded_only,
    relational_database,
    resource_corrections,
    rollout_minutes,
    sagemaker_forwarding,
    sagemaker_resources,
    schedules,
    search_access,
    search_domain,
    secret_references,
    secret_rotations,
    service_events,
    state_machines,
    stream_pollers,
    stream_shards,
    transactions,
    transport,
)

ADDITIONS = (
    recorded_only,
    resource_corrections,
    secret_references,
    generated_secrets,
    secret_rotations,
    encryption,
    api_gateway,
    cache_users,
    cognito,
    relational_database,
    search_access,
    search_domain,
    load_balancing,
    private_integrations,
    api_tracing,
    edge_origins,
    log_ingestion,
    functions,
    stream_shards,
    stream_pollers,
    firehose_delivery,
    schedules,
    event_targets,
    alarm_events,
    state_machines,
    athena_queries,
    query_workgroups,
    sagemaker_resources,
    transactions,
    batch_actions,
    sagemaker_forwarding,
    service_events,
    alarm_evaluation,
    rollout_minutes,
    transport,
)

if __name__ == "__main__":
    for addition in ADDITIONS:
        addition.install()
    sys.argv = ["ministack"]
    main()
