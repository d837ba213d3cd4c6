"""How many execution environments a function has here: as many as a laptop can feed.

AWS starts one for each call that finds none free. On two cores a burst would start dozens at once,
none ready before its callers give up, and what those send next would start dozens more. Here a call
waits for one that is free; of one function one starts at a time, and there are never more than few.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from ministack.core import lambda_runtime

MOST_ENVIRONMENTS = 8
LONGEST_WAIT_SECONDS = 60.0

_changed = threading.Condition()


def lease(config: dict[str, Any], code_zip: bytes) -> Any:
    """A worker of the function, which its caller releases; None when none came free in time.

    A function that calls itself holds one for each of its calls under way, as it does on AWS.
    """
    name, version = config["FunctionName"], config.get("Version", "$LATEST")
    key = lambda_runtime._worker_key(name, config, version)
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    with _changed:
        while True:
            workers = lambda_runtime._workers.get(key, [])
            starting = any(worker.in_use and not worker.is_ready for worker in workers)
            worker, _ = lambda_runtime.acquire_worker(
                name,
                config,
                code_zip,
                qualifier=version,
                max_concurrency=len(workers) if starting else MOST_ENVIRONMENTS,
            )
            if worker is not None or not _changed.wait(deadline - time.monotonic()):
                return worker


def tell_waiting() -> None:
    """A worker is ready, free or gone."""
    with _changed:
        _changed.notify_all()
