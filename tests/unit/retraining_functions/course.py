"""Takes a run through the machine's functions, in the order of its states."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
from dataclasses import replace
from io import BytesIO
from typing import Any

from kindred.similarity.manifest import MANIFEST, Manifest, StoredFile
from kindred_aws.artefact_store import ArtefactStore
from retraining_functions import (
    check_staging,
    check_training_data,
    evaluate_model,
    plan_training_data,
    register_model,
    remove_staging,
    simulate_experiment,
    stage_model,
)
from retraining_functions import test_staging as staging_test

RUN = "weekly-2026-W47"
METRICS = {
    "recall_at_10": 0.25,
    "precision_at_10": 0.05,
    "map": 0.12,
    "baseline_recall_at_10": 0.20,
}


def begun(run_id: str = RUN) -> dict[str, Any]:
    return {"run_id": run_id, "started_at": "2026-11-21T03:00:00.123Z"}


def put_interactions(
    platform: Any, state: dict[str, Any], *, count: int = 5, clicks: int = 1, of_ten: int = 0
) -> None:
    """As Athena unloads them: JSON lines, gzipped, in files of names of its own.

    The first `of_ten` have lists of ten, all others of eleven.
    """
    lines = [
        {
            "request_id": f"r{at}",
            "shown": list("abcdefghijk"[: 10 if at < of_ten else 11]),
            "clicked": ["a"][:clicks] or None,
        }
        for at in range(count)
    ]
    body = gzip.compress("\n".join(map(json.dumps, lines)).encode(), mtime=0)
    key = f"{state['plan']['dataset_prefix']}20261121_000001_{RUN}.gz"
    platform.s3.put_object(Bucket="training", Key=key, Body=body)


def put_model(platform: Any, state: dict[str, Any], directory: Any, metrics: Any = METRICS) -> None:
    """As a training job leaves it."""
    files = {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
    if metrics != METRICS:
        files |= _evaluated(Manifest.from_json(files[MANIFEST]), metrics)
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
    name = state["plan"]["training_job_name"]
    key = f"models/{state['run_id']}/{name}/output/model.tar.gz"
    platform.s3.put_object(Bucket="training", Key=key, Body=packed.getvalue())
    state["training"] = {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}",
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://training/{key}"},
    }


def _evaluated(manifest: Manifest, metrics: Any) -> dict[str, bytes]:
    """The files that change with what was measured."""
    said = json.dumps(metrics).encode()
    file = StoredFile(sha256=hashlib.sha256(said).hexdigest(), bytes=len(said))
    changed = replace(manifest, files={**manifest.files, "evaluation.json": file})
    return {"evaluation.json": said, MANIFEST: changed.to_json().encode()}


def trained(platform: Any, directory: Any, metrics: Any = METRICS) -> dict[str, Any]:
    """A run whose model has been evaluated and registered."""
    state = begun()
    state["plan"] = plan_training_data.handler(state, None)
    put_interactions(platform, state)
    state["data"] = check_training_data.handler(state, None)
    put_model(platform, state, directory, metrics)
    state["evaluation"] = evaluate_model.handler(state, None)
    state["package"] = register_model.handler(state, None)
    return state


def staged(platform: Any, directory: Any, baseline: Any) -> dict[str, Any]:
    """A run whose model has been tried beside the published one, and its endpoint removed."""
    ArtefactStore(platform.s3, "embeddings").publish(baseline, "v2")
    state = trained(platform, directory)
    state["staging"] = stage_model.handler(state, None)
    platform.now.at += 120
    state["staging"] = check_staging.handler(state, None)
    state["regression"] = staging_test.handler(state, None)
    state["simulation"] = simulate_experiment.handler(state, None)
    state["removal"] = remove_staging.handler(state, None)
    platform.now.at += 120
    state["removal"] = remove_staging.handler(state, None)
    return state
