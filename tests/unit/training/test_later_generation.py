"""v4, which is learned on v2 as v3 was, and is to be better than v3: the model that serves."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.simulated_clicks import publish_into
from embedding_training.settings import Folders
from embedding_training.training import run_job
from kindred.retraining.promotion import judge_promotion, parse_metrics
from kindred.similarity.artefact import Artefact, load_artefact
from kindred.similarity.clicked_requests import clicked_requests
from kindred.similarity.interactions import read_interactions
from kindred.similarity.manifest import MANIFEST, CorruptArtefact
from kindred.similarity.metric_inputs import metric_inputs

# Seconds a file.
pytestmark = pytest.mark.slow


def named(folders: Folders, version: str) -> Folders:
    folders.hyperparameters.parent.mkdir(parents=True, exist_ok=True)
    folders.hyperparameters.write_text(json.dumps({"version": version}))
    return folders


def run(folders: Folders) -> list[str]:
    lines: list[str] = []
    run_job(folders, say=lines.append, before_batch=lambda: None)
    return lines


@pytest.fixture(scope="module")
def v3(trained: Folders) -> Artefact:
    return load_artefact(trained.model)


@pytest.fixture(scope="module")
def v4(trained: Folders, lay_out) -> tuple[Folders, list[str]]:
    """Of few clicks by the taste that v3 has learned already, on lists that v3 made."""
    folders = named(lay_out(serving=trained.model, requests=300, seed=9), "v4")
    return folders, run(folders)


def test_the_baseline_is_the_model_that_serves(v4, v3: Artefact, artefact: Artefact) -> None:
    folders, _ = v4
    evaluation = json.loads(folders.evaluation.read_bytes())
    made = load_artefact(folders.model, version="v4").manifest

    assert made.dimension == 128
    assert made.model_card["data"]["baseline"] == v3.manifest.model_version
    assert made.model_card["data"]["learned_on"] == artefact.manifest.model_version
    assert evaluation["baseline_model_version"] == v3.manifest.model_version
    assert evaluation["learned_on_model_version"] == artefact.manifest.model_version


def test_what_serves_is_measured_as_it_answers(trained: Folders, lay_out) -> None:
    """The requests that v3 itself was evaluated on give v3 the same figures as the baseline."""
    folders = named(lay_out(), "v4")
    shutil.rmtree(folders.serving)
    publish_into(folders.serving, trained.model)
    run(folders)
    before, after = (json.loads(each.evaluation.read_bytes()) for each in (trained, folders))

    for name in ("recall_at_10", "precision_at_10", "map"):
        assert after[f"baseline_{name}"] == pytest.approx(before[name], abs=1e-6)
    assert after["baseline_recall_at_10"] > before["baseline_recall_at_10"]


def test_what_is_not_better_than_v3_is_not_promoted_though_it_would_beat_v2(v4) -> None:
    folders, said = v4
    evaluation = json.loads(folders.evaluation.read_bytes())
    by_step = evaluation["validation_recall_by_step"]

    assert max(by_step.values()) > by_step["0"]
    assert evaluation["step"] == 0
    assert any(line.endswith("from v2: no other is surely better than v3") for line in said)
    assert evaluation["recall_at_10"] <= evaluation["baseline_recall_at_10"]
    assert not judge_promotion(parse_metrics(folders.evaluation.read_bytes())).promote


def test_a_new_app_is_looked_for_where_the_serving_model_embeds_it(
    trained: Folders, artefact: Artefact, v3: Artefact
) -> None:
    rows = read_interactions(sorted(trained.interactions.iterdir()), most_bad_share=0.0).rows[:20]
    inputs = metric_inputs(artefact)
    of_catalogue = clicked_requests(rows, artefact, inputs, v3)
    new = [replace(row, query_app_id=None) for row in rows]
    of_clients = clicked_requests(new, artefact, inputs, v3)

    assert (of_catalogue.served == v3.vectors[of_catalogue.own]).all()
    assert (of_clients.served == np.stack([v3.model.embed(row.query) for row in rows])).all()


def test_a_model_is_not_compared_with_itself(trained: Folders, lay_out) -> None:
    folders = named(lay_out(requests=50, serving=trained.model), "v3")

    with pytest.raises(CorruptArtefact, match="serving: expected a model before v3, got v3"):
        run(folders)


def test_a_serving_model_of_another_catalogue_is_refused(trained: Folders, lay_out) -> None:
    folders = named(lay_out(requests=50, serving=trained.model), "v4")
    path = folders.serving / MANIFEST
    document = json.loads(path.read_bytes()) | {"catalogue_sha256": "0" * 64}
    path.write_text(json.dumps(document))

    with pytest.raises(CorruptArtefact, match=r"`kindred catalogue fit`.*v3 on catalogue 0000"):
        run(folders)
