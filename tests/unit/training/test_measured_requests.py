"""Models are compared on lists longer than ten; of shorter ones who made them is never behind."""

import json

import pytest

from embedding_training.preparation import (
    LEAST_MEASURED,
    Prepared,
    TooFewMeasured,
    check_measured,
    prepare,
)
from embedding_training.settings import Folders
from embedding_training.training import run_job
from kindred.similarity.artefact import Artefact
from kindred.similarity.clicked_requests import NOWHERE
from kindred.similarity.interactions import read_interactions


def run(folders: Folders) -> list[str]:
    lines: list[str] = []
    run_job(folders, say=lines.append, before_batch=lambda: None)
    return lines


def prepared(folders: Folders, artefact: Artefact) -> Prepared:
    read = read_interactions(list(folders.interactions.iterdir()), most_bad_share=0)
    return prepare(read, fitted=artefact, serving=artefact)


def add(folders: Folders, others: Folders) -> None:
    """The requests of another job to this one's."""
    for path in others.interactions.iterdir():
        (folders.interactions / "others.jsonl").write_bytes(path.read_bytes())


def test_lists_of_ten_fail_the_job_before_it_learns(lay_out) -> None:
    folders = lay_out(requests=600, ranks=10)

    with pytest.raises(TooFewMeasured) as failure:
        run(folders)

    assert "requests of validation with a click and a list longer than 10: given 0 of" in str(
        failure.value
    )
    assert f"allowed: at least {LEAST_MEASURED}" in str(failure.value)
    assert not folders.checkpoints.exists()
    assert not folders.evaluation.exists()


def test_of_mixed_lists_the_longer_ones_are_measured_and_all_are_learned_from(
    lay_out, artefact: Artefact
) -> None:
    folders = lay_out(requests=600)
    long = prepared(folders, artefact)
    add(folders, lay_out(requests=600, ranks=10, seed=5))
    mixed = prepared(folders, artefact)

    lines = run(folders)

    evaluation = json.loads(folders.evaluation.read_bytes())
    counted = evaluation["requests"]
    for part in ("validation", "holdout"):
        measured = mixed.measured(part)
        assert ((measured.shown != NOWHERE).sum(axis=1) > 10).all()
        assert counted[f"measured_{part}"] == len(measured) == len(long.requests[part])
        assert counted[f"clicked_{part}"] > counted[f"measured_{part}"]
    assert len(mixed.examples("training").queries) > len(long.examples("training").queries)
    assert evaluation["baseline_recall_at_10"] < 0.8
    assert evaluation["recall_at_10"] > evaluation["baseline_recall_at_10"]
    assert any(line.startswith("models are compared on lists longer than 10") for line in lines)


def test_an_app_that_left_the_catalogue_makes_no_list_longer(lay_out, artefact: Artefact) -> None:
    folders = lay_out(requests=100, ranks=10)
    [path] = folders.interactions.iterdir()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    gone = [json.dumps(row | {"shown": ["gone", *row["shown"]]}) for row in rows]
    path.write_text("\n".join(gone))

    assert len(prepared(folders, artefact).requests["holdout"])
    assert not len(prepared(folders, artefact).measured("holdout"))


def test_too_few_longer_lists_are_counted_in_the_reason(lay_out, artefact: Artefact) -> None:
    folders = lay_out(requests=100)
    found = prepared(folders, artefact)
    few = len(found.measured("validation"))

    assert 0 < few < LEAST_MEASURED
    with pytest.raises(TooFewMeasured, match=f"given {few} of {few} with a click"):
        check_measured(found)
