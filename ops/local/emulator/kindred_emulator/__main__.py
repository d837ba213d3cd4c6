"""Start the emulator with this project's additions."""

from __future__ import annotations

import sys

from ministack.app import main

from . import (
    api_gateway,
    cache_users,
    encryption,
    load_balancing,
    log_ingestion,
    private_integrations,
    recorded_only,
    resource_corrections,
    secret_references,
    transport,
)

ADDITIONS = (
    recorded_only,
    resource_corrections,
    secret_references,
    encryption,
    api_gateway,
    cache_users,
    load_balancing,
    private_integrations,
    log_ingestion,
    transport,
)

if __name__ == "__main__":
    for addition in ADDITIONS:
        addition.install()
    sys.argv = ["ministack"]
    main()
