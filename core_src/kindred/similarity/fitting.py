"""Fits the embedding models. Needs scipy and scikit-learn, which no service carries."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC
from sklearn.utils.extmath import randomized_svd
from threadpoolctl import threadpool_limits

from kindred.similarity.app import AppMetadata
from kindred.similarity.embedding import (
    DIMENSIONS,
    CategoryPart,
    EmbeddingModel,
    Projection,
    Vector,
    attribute_terms,
    text_terms,
    unit,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a model is made. The text takes the dimensions that the other parts leave."""

    most_categories: int  # dimensions; more categories than these share axes by their words
    attributes: int  # dimensions
    weights: tuple[float, float, float]  # of words, category, attributes
    predicts_category: bool


RECIPES = {
    "v1": Recipe(
        most_categories=32, attributes=8, weights=(1.0, 1.0, 0.5), predicts_category=False
    ),
    "v2": Recipe(most_categories=48, attributes=8, weights=(1.0, 0.6, 0.2), predicts_category=True),
}
_MOST_TERMS = 30_000
_LEAST_APPS = 2  # that a term must occur in
_TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0)
_AVERAGED = 2_000  # apps, evenly spread, that the average direction is taken over
_USUAL_TEMPERATURE = 6.0
_FOLDS = 3


def fit_model(apps: Sequence[AppMetadata], *, version: str, seed: int = 0) -> EmbeddingModel:
    """The same bytes for the same apps and seed. Raises ValueError for an unknown version."""
    if version not in RECIPES:
        raise ValueError(f"no embedding model {version!r}; allowed: {', '.join(RECIPES)}")
    if not apps:
        raise ValueError("a model needs at least one app to be fitted on")
    # One thread: how many there are decides in which order a product is summed.
    with threadpool_limits(limits=1):
        return _fit(apps, version, RECIPES[version], seed)


def embed_all(model: EmbeddingModel, apps: Sequence[AppMetadata]) -> Vector:
    """float32[apps, dimension], each row just what `embed` gives."""
    return np.stack([model.embed(app) for app in apps])


def _fit(apps: Sequence[AppMetadata], version: str, recipe: Recipe, seed: int) -> EmbeddingModel:
    names = tuple(sorted({app.category for app in apps if app.category is not None}))
    category_dimension = min(len(names), recipe.most_categories)
    text_dimension = DIMENSIONS[version] - recipe.attributes - category_dimension
    text, matrix = _fit_projection([text_terms(app, version) for app in apps], text_dimension, seed)
    attributes, _ = _fit_projection([attribute_terms(app) for app in apps], recipe.attributes, seed)
    known = np.array([row for row, app in enumerate(apps) if app.category is not None], np.int64)
    labels = np.array([names.index(apps[row].category or "") for row in known], np.int64)
    model = EmbeddingModel(
        version=version,
        text=text,
        categories=CategoryPart(
            names,
            _category_axes(matrix[known], labels, len(names), category_dimension, seed),
            *_fit_classifier(matrix[known], labels, len(names), recipe, seed),
        ),
        attributes=attributes,
        weights=np.array(recipe.weights, np.float32),
        average=np.zeros(DIMENSIONS[version], np.float32),
    )
    some = apps[:: 1 + len(apps) // _AVERAGED]
    mean = np.stack([model.join_parts(app) for app in some]).mean(axis=0, dtype=np.float64)
    average = mean if mean.any() else np.ones_like(mean)
    return replace(model, average=unit(average.astype(np.float32)))


def _fit_projection(
    counted: Sequence[Mapping[str, float]], dimension: int, seed: int
) -> tuple[Projection, csr_matrix]:
    """TF-IDF over the most frequent terms, and its leading right singular vectors."""
    frequency = Counter(term for terms in counted for term in terms)
    common = sorted(frequency.items(), key=lambda item: (-item[1], item[0]))[:_MOST_TERMS]
    terms = sorted(term for term, apps in common if apps >= _LEAST_APPS)
    idf = [1 + np.log((1 + len(counted)) / (1 + frequency[term])) for term in terms]
    components = np.zeros((len(terms), dimension), np.float32)
    projection = Projection(terms, np.array(idf, np.float32), components)
    matrix = _sparse_matrix(projection, counted)
    rank = min(dimension, min(matrix.shape) - 1)
    if rank > 0:
        components[:, :rank] = _right_singular_vectors(matrix, rank, seed)
    return projection, matrix


def _right_singular_vectors(matrix: csr_matrix, rank: int, seed: int) -> Vector:
    """[terms, rank]. A vector's sign is arbitrary: its largest entry is made positive."""
    _, _, axes = randomized_svd(
        matrix, n_components=rank, n_iter=4, random_state=seed, flip_sign=False
    )
    largest = axes[np.arange(rank), np.abs(axes).argmax(axis=1)]
    signed: Vector = (axes * np.where(largest < 0, -1, 1)[:, None]).T.astype(np.float32)
    return signed


def _sparse_matrix(projection: Projection, counted: Sequence[Mapping[str, float]]) -> csr_matrix:
    rows = [projection.sparse(terms) for terms in counted]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return csr_matrix((values, columns, ends), shape=(len(rows), len(projection.terms)))


def _category_axes(
    matrix: csr_matrix, labels: npt.NDArray[np.int64], count: int, dimension: int, seed: int
) -> Vector:
    """Every category its own axis where there is room; otherwise near by the words they share."""
    if count <= dimension or min(matrix.shape) <= dimension:
        return np.eye(count, dimension, dtype=np.float32)
    members = csr_matrix((np.ones(len(labels)), (labels, np.arange(len(labels)))))
    sizes = np.bincount(labels, minlength=count)
    centroids = np.asarray((members @ matrix).todense()) / sizes[:, None]
    centred = centroids - centroids.mean(axis=0)
    left = centred @ _right_singular_vectors(centred, dimension, seed)
    return np.stack([unit(row) for row in left.astype(np.float32)])


def _fit_classifier(
    matrix: csr_matrix,
    labels: npt.NDArray[np.int64],
    count: int,
    recipe: Recipe,
    seed: int,
) -> tuple[Vector, Vector]:
    """Coefficients [terms, categories] and intercepts of one linear classifier a category.

    The margins become probabilities by a temperature, chosen on apps that a classifier has not
    seen: those of its own are too good.
    """
    if not recipe.predicts_category or count < 2:
        return np.zeros((0, count), np.float32), np.zeros(count, np.float32)
    temperature = _temperature(matrix, labels, seed)
    coefficients, intercepts = _margins_of(matrix, labels, seed)
    return (
        (temperature * coefficients.T).astype(np.float32),
        (temperature * intercepts).astype(np.float32),
    )


def _margins_of(
    matrix: csr_matrix, labels: npt.NDArray[np.int64], seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Balanced, so that a rare category is not drowned by one that holds half of all apps."""
    fitted = LinearSVC(C=0.3, class_weight="balanced", random_state=seed).fit(matrix, labels)
    if len(fitted.coef_) > 1:
        return fitted.coef_, fitted.intercept_
    # Of two categories the classifier gives the second one's margin alone.
    return np.vstack([-fitted.coef_, fitted.coef_]) / 2, np.tile(fitted.intercept_, 2) * [-0.5, 0.5]


def _temperature(matrix: csr_matrix, labels: npt.NDArray[np.int64], seed: int) -> float:
    """The sharpness with the least log loss on apps that the classifiers were not fitted on."""
    rows = np.flatnonzero(np.bincount(labels)[labels] >= _FOLDS)
    _, target = np.unique(labels[rows], return_inverse=True)
    if not len(rows) or target.max() < 1:
        return _USUAL_TEMPERATURE
    margins = np.zeros((len(rows), target.max() + 1))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for fitted_on, unseen in folds.split(rows, target):
        coefficients, intercepts = _margins_of(matrix[rows[fitted_on]], target[fitted_on], seed)
        margins[unseen] = matrix[rows[unseen]] @ coefficients.T + intercepts
    return min(_TEMPERATURES, key=lambda temperature: _log_loss(temperature * margins, target))


def _log_loss(scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    highest = scores.max(axis=1)
    normaliser = highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1))
    return float((normaliser - scores[np.arange(len(labels)), labels]).mean())
