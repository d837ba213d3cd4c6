"""One training job, from its channels to a complete artefact of a new model."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from embedding_training.artefact import EVALUATION, hand_over, write_model
from embedding_training.checkpoints import Checkpoints, fingerprint
from embedding_training.evaluation import Evaluation, evaluate
from embedding_training.model_channels import open_fitted, open_serving
from embedding_training.preparation import (
    MEASURED,
    MOST_CLICKS,
    PARTS,
    Prepared,
    check_measured,
    prepare,
)
from embedding_training.settings import Folders, Settings, read_settings
from kindred.similarity.artefact import Artefact
from kindred.similarity.interactions import Interactions, read_interactions
from kindred.similarity.metric_inputs import weights_by_name
from kindred.similarity.metric_learning import (
    Examples,
    Progress,
    Schedule,
    begin,
    is_over,
    learn_epoch,
)
from kindred.similarity.metric_selection import Selection, select_step
from kindred.similarity.ranking_quality import K

Say = Callable[[str], None]


def run_job(folders: Folders, *, say: Say, before_batch: Callable[[], None]) -> Evaluation:
    """Leaves the model and its evaluation in the job's folders.

    The same input gives the same bytes on one kind of processor, for each of which BLAS has its
    own kernels. Takes up the job's last whole checkpoint: the outcome is the same, too, as without
    an interruption. Raises ValueError (of settings, interactions or too little to measure),
    CorruptArtefact, OSError, and what `before_batch` does.
    """
    # One thread: how many there are decides in which order a product is summed.
    with threadpool_limits(limits=1):
        return _run_job(folders, say, before_batch)


def _run_job(folders: Folders, say: Say, before_batch: Callable[[], None]) -> Evaluation:
    settings = read_settings(folders.hyperparameters)
    interactions = _read(folders, settings, say)
    with tempfile.TemporaryDirectory(prefix="training-") as scratch:
        opened, made = Path(scratch) / "fitted", Path(scratch) / "made"
        fitted = open_fitted(folders.embeddings, opened)
        serving = open_serving(
            folders.serving, Path(scratch) / "serving", fitted=fitted, candidate=settings.version
        )
        prepared = prepare(interactions, fitted=fitted, serving=serving)
        check_measured(prepared)
        say(_measured(prepared))
        parts = (prepared.examples("training"), prepared.examples("validation"))
        job = fingerprint(prepared.inputs, parts, settings.schedule)
        checkpoints = Checkpoints(folders.checkpoints, fingerprint=job)
        progress = _learn(parts, prepared, settings.schedule, checkpoints, say, before_batch)
        selection = _select(prepared, progress)
        say(_told(progress, selection, serving))
        evaluation = evaluate(selection, prepared)
        write_model(
            made,
            version=settings.version,
            fitted=fitted,
            catalogue=opened / "catalogue",
            inputs=prepared.inputs,
            selection=selection,
            evaluation=evaluation.to_json()
            | _data(interactions, prepared, fitted, serving)
            | _training(prepared, settings, progress, selection),
            fingerprint=job,
        )
        folders.evaluation.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made / EVALUATION, folders.evaluation)
        hand_over(made, folders.model)
    return evaluation


def _read(folders: Folders, settings: Settings, say: Say) -> Interactions:
    interactions = read_interactions(
        [path for path in folders.interactions.rglob("*") if _is_read(path)],
        most_bad_share=settings.most_bad_share,
    )
    say(f"{len(interactions.rows)} requests, {interactions.repeated} rows repeated")
    for bad in interactions.bad:
        say(f"bad row left out: {bad}")
    return interactions


def _is_read(path: Path) -> bool:
    """Athena and S3 leave files of their own, under names that begin so."""
    return path.is_file() and not path.name.startswith((".", "_"))


def _learn(
    parts: tuple[Examples, Examples],
    prepared: Prepared,
    schedule: Schedule,
    checkpoints: Checkpoints,
    say: Say,
    before_batch: Callable[[], None],
) -> Progress:
    training, validation = parts
    progress = checkpoints.latest()
    if progress is not None:
        say(f"taken up after epoch {progress.epoch}")
    else:
        progress = begin(prepared.inputs, validation)
    while not is_over(progress, schedule):
        progress = learn_epoch(
            progress, training, validation, prepared.inputs, schedule, before_batch=before_batch
        )
        checkpoints.save(progress)
        say(f"epoch {progress.epoch}: validation loss {progress.losses[-1]:.6f}")
    return progress


def _select(prepared: Prepared, progress: Progress) -> Selection:
    validation = prepared.measured("validation")
    weights = prepared.clicks.click_weights(validation, most=MOST_CLICKS)
    return select_step(progress.weights, validation, weights, prepared.inputs, prepared.serving)


def _measured(prepared: Prepared) -> str:
    counts = (
        f"{len(prepared.measured(part))} of {len(prepared.requests[part])} of {part}"
        for part in MEASURED
    )
    return f"models are compared on lists longer than {K}: {', '.join(counts)}"


def _told(progress: Progress, selection: Selection, serving: Artefact) -> str:
    told = f"best epoch {progress.best_epoch}, step {selection.step:g} of the way from v2"
    why = f": no other is surely better than {serving.manifest.version}"
    return told if selection.step else told + why


def _data(
    interactions: Interactions, prepared: Prepared, fitted: Artefact, serving: Artefact
) -> dict[str, Any]:
    return {
        "baseline_model_version": serving.manifest.model_version,
        "learned_on_model_version": fitted.manifest.model_version,
        "requests": {
            "read": len(interactions.rows),
            "repeated": interactions.repeated,
            "bad": interactions.bad_rows,
            **{f"clicked_{part}": len(prepared.requests[part]) for part in PARTS},
            **{f"measured_{part}": len(prepared.measured(part)) for part in MEASURED},
        },
        "ranks_shown": prepared.ranks_shown,
        "click_model": asdict(prepared.clicks) | {"most_clicks": MOST_CLICKS},
    }


def _training(
    prepared: Prepared, settings: Settings, progress: Progress, selection: Selection
) -> dict[str, Any]:
    return {
        "schedule": asdict(settings.schedule),
        "losses": progress.losses,
        "best_epoch": progress.best_epoch,
        "step": selection.step,
        "validation_recall_by_step": {f"{step:g}": r for step, r in selection.recalls.items()},
        "validation_recall_of_baseline": selection.serving_recall,
        "weights": weights_by_name(prepared.inputs, selection.weights),
    }
