"""Learning what counts: the slope is right, rank is not taken for likeness, and v2 is the start."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.simulated_clicks import Taste
from embedding_training.preparation import Prepared, prepare
from embedding_training.settings import Folders
from kindred.similarity import metric_learning
from kindred.similarity.artefact import Artefact
from kindred.similarity.click_model import fit_click_model
from kindred.similarity.clicked_requests import NOWHERE, clicked_ranks, clicked_requests
from kindred.similarity.index import ExactIndex
from kindred.similarity.interactions import Interaction, read_interactions
from kindred.similarity.metric_inputs import map_matrix, mapped, metric_inputs
from kindred.similarity.metric_learning import Schedule, begin, is_over, learn_epoch

# Seconds a file.
pytestmark = pytest.mark.slow


def interactions(folders: Folders) -> tuple[Interaction, ...]:
    return read_interactions(list(folders.interactions.iterdir()), most_bad_share=0).rows


@pytest.fixture(scope="module")
def prepared(trained: Folders, artefact: Artefact) -> Prepared:
    read = read_interactions(list(trained.interactions.iterdir()), most_bad_share=0)
    return prepare(read, fitted=artefact, serving=artefact)


def test_the_slope_is_that_of_finite_differences(prepared: Prepared) -> None:
    examples, inputs = prepared.examples("training"), prepared.inputs
    # In double precision, where differences of a hundred-thousandth can be told.
    inputs = replace(inputs, catalogue=inputs.catalogue.astype(np.float64))
    some, rng = np.arange(40), np.random.default_rng(0)
    parameters = np.append(inputs.start + 0.3 + rng.random(len(inputs.start)), 2.0)

    def loss(at: np.ndarray) -> float:
        return metric_learning._loss_and_slope(at, examples, some, inputs)[0]

    _, slope = metric_learning._loss_and_slope(parameters, examples, some, inputs)
    for number in [0, 1, 2, 5, len(parameters) - 2, len(parameters) - 1]:
        step = np.zeros_like(parameters)
        step[number] = 1e-2
        difference = (loss(parameters + step) - loss(parameters - step)) / 2e-2
        assert slope[number] == pytest.approx(difference, rel=2e-2, abs=2e-3), number


def test_the_start_is_v2s_own_geometry(artefact: Artefact, prepared: Prepared) -> None:
    inputs = prepared.inputs
    vectors = mapped(inputs.catalogue, map_matrix(inputs, inputs.start))

    assert vectors == pytest.approx(np.asarray(artefact.vectors), abs=1e-6)


def test_a_map_keeps_the_cosines_under_its_weights(prepared: Prepared) -> None:
    """Nearly: of more inputs than dimensions it keeps the leading axes."""
    inputs = prepared.inputs
    weights = inputs.start + np.linspace(0, 1, len(inputs.start))
    whole = inputs.catalogue * np.sqrt(weights)[inputs.group_of]
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)

    vectors = mapped(inputs.catalogue, map_matrix(inputs, weights))

    assert vectors.shape[1] == inputs.dimension == 128
    assert vectors @ vectors.T == pytest.approx(whole @ whole.T, abs=0.02)


@pytest.mark.parametrize("taste", [Taste(), None], ids=["with a taste", "at random"])
def test_how_ranks_are_examined_is_estimated(
    lay_out, artefact: Artefact, taste: Taste | None
) -> None:
    """The clicks were made with one over the rank: an exponent of one."""
    inputs = metric_inputs(artefact)
    rows = interactions(lay_out(requests=2_000, taste=taste))

    model = fit_click_model(clicked_requests(rows, artefact, inputs, artefact), inputs)

    assert model.examination == pytest.approx(1, abs=0.2)
    assert model.appeal == 0


def test_clicks_that_do_not_fall_with_rank_are_not_weighted(lay_out, artefact: Artefact) -> None:
    rng, inputs = np.random.default_rng(0), metric_inputs(artefact)
    rows = [
        replace(row, clicked=tuple(app for app in row.shown if rng.random() < 0.2))
        for row in interactions(lay_out(requests=300))
    ]
    requests = clicked_requests(rows, artefact, inputs, artefact)

    model = fit_click_model(requests, inputs)

    assert model.examination == pytest.approx(0, abs=0.1)
    weights = model.click_weights(requests, most=50)
    assert weights[requests.clicked].mean() == pytest.approx(1)


def test_what_pleases_everybody_is_told_from_likeness(lay_out, artefact: Artefact) -> None:
    rng, inputs = np.random.default_rng(0), metric_inputs(artefact)
    rate = dict(
        zip(
            (artefact.catalogue.app_id(row) for row in range(len(artefact.catalogue))),
            rng.uniform(0.01, 0.5, len(artefact.catalogue)),
            strict=True,
        )
    )
    rows = [
        replace(
            row,
            historical_ctr={app: rate[app] for app in row.shown},
            clicked=tuple(app for app in row.shown if rng.random() < rate[app]),
        )
        for row in interactions(lay_out(requests=300))
    ]

    model = fit_click_model(clicked_requests(rows, artefact, inputs, artefact), inputs)

    assert model.appeal > 0.7


def test_ranks_are_those_of_exact_search(artefact: Artefact, prepared: Prepared) -> None:
    requests = prepared.requests["holdout"]
    vectors = np.asarray(artefact.vectors)
    index = ExactIndex(vectors)

    for at, ranks in enumerate(clicked_ranks(requests, vectors, vectors[requests.own])[:20]):
        own = int(requests.own[at])
        order = [h.row for h in index.search(vectors[own], k=len(vectors), exclude=own)]
        wanted = requests.shown[at][requests.clicked[at]]
        assert ranks == [1 + order.index(app) for app in wanted]


def test_apps_that_left_the_catalogue_keep_their_rank_and_teach_nothing(
    lay_out, artefact: Artefact
) -> None:
    inputs = metric_inputs(artefact)
    row = next(row for row in interactions(lay_out(requests=50)) if row.clicked)
    gone = replace(row, shown=("gone", *row.shown), clicked=("gone",), query_app_id="not there")

    read = clicked_requests([gone], artefact, inputs, artefact)

    assert read.shown[0, 0] == NOWHERE
    assert not read.clicked.any()
    assert len(read.with_clicks()) == 0
    assert read.own[0] == NOWHERE
    assert read.queries[0].any()  # from what the client said of the app


def test_training_lowers_the_loss_and_stops_where_it_no_longer_does(prepared: Prepared) -> None:
    schedule = Schedule(epochs=30)
    training, validation = prepared.examples("training"), prepared.examples("validation")
    progress = begin(prepared.inputs, validation)
    while not is_over(progress, schedule):
        progress = learn_epoch(progress, training, validation, prepared.inputs, schedule)

    assert min(progress.losses) < progress.losses[0] - 0.2
    assert progress.epoch == 30 or progress.epoch - progress.best_epoch == schedule.patience
    weight = dict(zip(prepared.inputs.groups, progress.weights, strict=True))
    # What the clicks were made by, against what v2 weighs most.
    assert weight["pricing:free"] > 0.5
    assert weight["words"] < 0.5


def test_without_validation_no_epoch_counts_as_better(prepared: Prepared) -> None:
    training = prepared.examples("training")
    none = replace(
        training,
        queries=training.queries[:0],
        candidates=training.candidates[:0],
        clicks=training.clicks[:0],
    )
    progress = begin(prepared.inputs, none)

    progress = learn_epoch(progress, training, none, prepared.inputs, Schedule())

    assert (progress.weights == prepared.inputs.start).all()
