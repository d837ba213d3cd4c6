import asyncio
from dataclasses import replace

import pytest

from kindred.experiments.embedding_experiment import EmbeddingExperiment, InvalidExperiment
from kindred_service.arms import Arms
from kindred_service.models import ModelsDisagree

SUCCESSOR = EmbeddingExperiment(
    experiment_id="embedding_v2_vs_v3",
    status="active",
    control_weight=0.9,
    control="v2",
    treatment="v3",
)


@pytest.fixture
def required():
    return []


@pytest.fixture
def arms(platform, required):
    return Arms(
        table=platform.table,
        cache=platform.cache,
        experiment_id="e",
        require_models=required.append,
        metrics=platform.collaborators.metrics,
        logger=platform.collaborators.logger,
    )


def test_the_next_experiment_holds_once_its_models_are_there(arms, platform, required):
    arms.refresh()
    platform.table.experiment = SUCCESSOR
    arms.refresh()

    assert required == [("v1", "v2"), ("v2", "v3")]
    assert arms.experiment == SUCCESSOR
    assigned, _ = asyncio.run(arms.assign("p", "a"))
    assert assigned.experiment_id == "embedding_v2_vs_v3"
    assert assigned.arm in SUCCESSOR.arms


def test_the_experiment_before_holds_while_a_model_of_the_next_cannot_be_served(arms, platform):
    finished = replace(platform.table.experiment, status="completed", winner="v2")
    platform.table.experiment, platform.table.before = SUCCESSOR, [finished]

    def refuse_v3(wanted):
        if "v3" in wanted:
            raise ModelsDisagree("fitted were v2 on catalogue a, v3 on catalogue b")

    arms._require_models = refuse_v3
    arms.refresh()

    assert arms.experiment == finished
    [line] = platform.logged("experiment not served")
    assert (line["experiment_id"], line["reason"][-1]) == ("embedding_v2_vs_v3", "b")


def test_the_last_experiment_stays_while_the_record_cannot_be_obeyed(arms, platform):
    arms.refresh()
    before = arms.experiment
    platform.table.error = InvalidExperiment("v1_weight: given half")

    arms.refresh()

    assert arms.experiment == before


def test_a_unit_is_new_once_while_it_is_remembered(similarity, platform):
    for unit in ("p", "p", "q"):
        similarity.post("/api/v1/find-similar", json={"partner_id": unit, "app_id": "app-001"})

    assert [served.new_unit for served, _ in platform.recorder.served] == [True, False, True]


def test_without_the_cache_nobody_is_said_to_be_new(similarity, platform):
    platform.cache.reachable = False
    similarity.post("/api/v1/find-similar", json={"partner_id": "p", "app_id": "app-001"})

    [(served, _)] = platform.recorder.served
    assert not served.new_unit
