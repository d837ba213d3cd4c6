"""`python -m embedding_inference`: loads the model of SM_MODEL_DIR, then answers until SIGTERM."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import uvicorn

from embedding_inference.application import create_app
from embedding_inference.model import Model
from kindred.similarity.manifest import CorruptArtefact

_GRACE_SECONDS = 20  # of the 30 that SageMaker leaves between SIGTERM and SIGKILL


def main(environment: Mapping[str, str]) -> int:
    """Exit status 1, and one line that says why, when there is nothing to serve."""
    try:
        port = _port(environment.get("SAGEMAKER_BIND_TO_PORT", "8080"))
        model = Model.load(Path(environment.get("SM_MODEL_DIR", "/opt/ml/model")))
    except (CorruptArtefact, ValueError, OSError) as error:
        _log("cannot serve", reason=str(error))
        return 1
    if user := environment.get("SERVE_AS_USER"):
        _become(int(user))
    _log("serving", model_version=model.version, apps=model.apps, port=port)
    uvicorn.run(
        create_app(model),
        # A container's address is not known to it; what may reach it is SageMaker's say.
        host=environment.get("HOST", "0.0.0.0"),  # noqa: S104
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return 0


def _port(given: str) -> int:
    if not given.isdecimal() or not 1 <= int(given) <= 65_535:
        raise ValueError(f"SAGEMAKER_BIND_TO_PORT: given {given!r}; allowed: 1 to 65535")
    return int(given)


def _become(user: int) -> None:
    """SageMaker starts every container as root; what answers requests need not stay it.

    The model is open by now: its files may be root's alone.
    """
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def _log(message: str, **fields: object) -> None:
    print(json.dumps({"message": message, **fields}), file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main(os.environ))
