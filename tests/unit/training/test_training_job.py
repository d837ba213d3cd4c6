"""A training job in the folder SageMaker lays out: outcome, interruption, and plain failures."""

import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from embedding_training.__main__ import main
from embedding_training.settings import Folders, InvalidSettings, read_settings
from embedding_training.training import run_job
from kindred.similarity.artefact import load_artefact
from kindred.similarity.manifest import MANIFEST

# Seconds a file.
pytestmark = pytest.mark.slow


class Stopped(Exception):
    pass


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def again(folders: Folders, root: Path) -> Folders:
    """The same job, not begun."""
    shutil.copytree(folders.root / "input", root / "input")
    return Folders(root)


def run(folders: Folders) -> list[str]:
    lines: list[str] = []
    run_job(folders, say=lines.append, before_batch=lambda: None)
    return lines


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch):
    """`main` sets a handler of SIGTERM, which is put back."""
    before = signal.getsignal(signal.SIGTERM)
    yield lambda root: {"SM_ROOT": str(root)}
    signal.signal(signal.SIGTERM, before)


def test_v3_finds_more_of_what_a_taste_clicks_than_v2(trained: Folders) -> None:
    evaluation = json.loads(trained.evaluation.read_bytes())

    assert evaluation["recall_at_10"] > 1.2 * evaluation["baseline_recall_at_10"]
    assert evaluation["map"] > evaluation["baseline_map"]
    assert evaluation["precision_at_10"] > evaluation["baseline_precision_at_10"]
    assert evaluation["step"] > 0
    assert evaluation["requests"]["read"] == 600


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_clicks_at_random_leave_v2_as_it_is(lay_out, seed: int) -> None:
    folders = lay_out(taste=None, seed=seed)
    run(folders)
    evaluation = json.loads(folders.evaluation.read_bytes())

    assert evaluation["recall_at_10"] <= 1.03 * evaluation["baseline_recall_at_10"]


def test_the_model_is_a_whole_artefact_with_its_evaluation_inside(
    trained: Folders, artefact
) -> None:
    v3 = load_artefact(trained.model, version="v3")

    assert v3.manifest.dimension == 128
    assert v3.manifest.catalogue_sha256 == artefact.manifest.catalogue_sha256
    assert "evaluation.json" in v3.manifest.files
    assert (trained.model / "evaluation.json").read_bytes() == trained.evaluation.read_bytes()
    assert np.linalg.norm(v3.vectors, axis=1) == pytest.approx(np.ones(300), abs=1e-5)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(
    trained: Folders, tmp_path: Path
) -> None:
    same = again(trained, tmp_path / "same")
    run(same)
    other = again(trained, tmp_path / "other")
    other.hyperparameters.parent.mkdir(parents=True)
    other.hyperparameters.write_text(json.dumps({"seed": "1", "version": "v3"}))
    run(other)

    assert contents(same.model) == contents(trained.model)
    assert contents(other.model) != contents(trained.model)


@pytest.mark.slow
def test_a_job_interrupted_in_every_epoch_ends_with_the_same_bytes(
    trained: Folders, tmp_path: Path
) -> None:
    folders = again(trained, tmp_path)
    batches_an_epoch = 3
    interruptions = 0
    while True:
        left = [batches_an_epoch + 2]  # into the second epoch since it was taken up

        def interrupt(left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise Stopped

        try:
            run_job(folders, say=lambda _: None, before_batch=interrupt)
            break
        except Stopped:
            interruptions += 1
            assert not folders.model.exists()

    epochs = len(json.loads(trained.evaluation.read_bytes())["losses"]) - 1
    assert interruptions >= epochs - 2
    assert contents(folders.model) == contents(trained.model)
    assert contents(folders.checkpoints) == contents(trained.checkpoints)


def test_a_broken_checkpoint_is_passed_over_and_so_is_another_jobs(
    trained: Folders, tmp_path: Path
) -> None:
    folders = again(trained, tmp_path)
    shutil.copytree(trained.checkpoints, folders.checkpoints)
    names = sorted(path.name for path in folders.checkpoints.iterdir())
    broken = folders.checkpoints / names[-1] / "best.npy"
    broken.write_bytes(broken.read_bytes()[:-1] + b"\x00")

    assert f"taken up after epoch {len(names) - 1}" in run(folders)
    assert contents(folders.model) == contents(trained.model)

    folders.hyperparameters.parent.mkdir(parents=True)
    folders.hyperparameters.write_text(json.dumps({"seed": "7", "epochs": "1"}))
    assert not any(line.startswith("taken up") for line in run(folders))


def test_metrics_are_printed_for_the_definitions_to_find(
    trained: Folders, tmp_path: Path, environment, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = again(trained, tmp_path)
    shutil.copytree(trained.checkpoints, folders.checkpoints)

    assert main(environment(folders.root)) == 0

    last = capsys.readouterr().out.splitlines()[-1]
    evaluation = json.loads(folders.evaluation.read_bytes())
    for name in ("recall_at_10", "precision_at_10", "map", "baseline_recall_at_10"):
        assert f"{name}={evaluation[name]:.6f}" in last.split("; ")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(
            lambda f: (f.interactions / "part-0.jsonl").unlink(), "at least one", id="no data"
        ),
        pytest.param(
            lambda f: (f.interactions / "part-0.jsonl").write_text("{}\n"),
            "1 of 1 rows are bad; allowed: a share of 0.01. First: part-0.jsonl, line 1",
            id="bad rows",
        ),
        pytest.param(
            lambda f: (f.embeddings / MANIFEST).unlink(), "channel embeddings", id="no baseline"
        ),
        pytest.param(
            lambda f: next(f.embeddings.glob("*/vectors.npy")).write_bytes(b"half"),
            "vectors.npy: expected sha256",
            id="a broken baseline",
        ),
        pytest.param(
            lambda f: (f.serving / MANIFEST).unlink(),
            "a manifest in channel serving",
            id="nothing that serves",
        ),
        pytest.param(
            lambda f: next(f.serving.glob("*/vectors.npy")).write_bytes(b"half"),
            "vectors.npy: expected sha256",
            id="what serves is broken",
        ),
    ],
)
def test_a_failure_says_plainly_why(
    trained: Folders, tmp_path: Path, environment, spoil, reason: str
) -> None:
    folders = again(trained, tmp_path)
    spoil(folders)

    assert main(environment(folders.root)) == 1
    assert reason in folders.failure.read_text()
    assert not folders.model.exists()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        pytest.param(
            {"epoch": "3"}, "no hyperparameter 'epoch'; allowed: version, seed", id="name"
        ),
        pytest.param({"epochs": "many"}, "epochs: given 'many'; allowed: 0 to 200", id="text"),
        pytest.param({"epochs": 3}, "epochs: given 3; allowed", id="not text"),
        pytest.param({"learning_rate": "nan"}, "learning_rate: given 'nan'", id="no number"),
        pytest.param({"version": "v2"}, "version: given 'v2'; allowed: v3 to v999", id="fitted"),
        pytest.param({"version": "v1000"}, "version: given 'v1000'; allowed: v3", id="version"),
        pytest.param({"version": 4}, "version: given 4; allowed: v3 to v999", id="no text"),
        pytest.param([], "given list; allowed: a JSON object", id="no object"),
    ],
)
def test_a_hyperparameter_that_is_none_is_refused(
    tmp_path: Path, given: object, reason: str
) -> None:
    (tmp_path / "h.json").write_text(json.dumps(given))

    with pytest.raises(InvalidSettings) as refused:
        read_settings(tmp_path / "h.json")

    assert reason in str(refused.value)


def test_what_sagemakers_tools_add_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "h.json").write_text(json.dumps({"sagemaker_program": "x", "epochs": "4"}))

    assert read_settings(tmp_path / "h.json").schedule.epochs == 4
