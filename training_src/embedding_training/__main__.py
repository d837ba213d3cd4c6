"""`python -m embedding_training`: the job that SageMaker laid under /opt/ml, or under SM_ROOT."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from embedding_training.settings import Folders
from embedding_training.training import run_job
from kindred.similarity.manifest import CorruptArtefact

_TERMINATED = 128 + signal.SIGTERM
_CHARACTERS = 1024  # of a failure that SageMaker shows


class Interrupted(Exception):
    """SIGTERM came: the instance is taken away, or the job was stopped."""


def main(environment: Mapping[str, str]) -> int:
    """Exit status 1 with the reason in `output/failure`, or 143 when it was interrupted.

    Each epoch's checkpoint is on disk when it ends; one under way is done again.
    """
    folders = Folders(Path(environment.get("SM_ROOT", "/opt/ml")))
    interrupted: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: interrupted.append(number))

    def stop_if_interrupted() -> None:
        if interrupted:
            raise Interrupted

    try:
        evaluation = run_job(folders, say=_say, before_batch=stop_if_interrupted)
    except Interrupted:
        _say("interrupted; the checkpoints hold every whole epoch")
        return _TERMINATED
    except (ValueError, CorruptArtefact, OSError) as error:
        folders.failure.parent.mkdir(parents=True, exist_ok=True)
        folders.failure.write_text(str(error)[:_CHARACTERS], encoding="utf-8")
        _say(f"failed: {error}")
        return 1
    # Where SageMaker's metric definitions find them.
    _say("; ".join(f"{name}={value:.6f}" for name, value in evaluation.metrics().items()))
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stdout, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main(os.environ))
