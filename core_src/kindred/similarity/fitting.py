"""Fits the embedding models. Needs scipy and scikit-learn, which no service carries."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.utils.extmath import randomized_svd

from kindred.similarity.app import AppMetadata
from kindred.similarity.embedding import (
    DIMENSIONS,
    CategoryAffinity,
    EmbeddingModel,
    Projection,
    Vector,
    attribute_terms,
    text_terms,
    unit,
)

_LARGEST_VOCABULARY = 30_000
_ATTRIBUTE_DIMENSIONS = 8
_MOST_CATEGORY_DIMENSIONS = 48


def fit_model(apps: Sequence[AppMetadata], *, version: str, seed: int = 0) -> EmbeddingModel:
    if version == "v1":
        return _fit_v1(apps, seed)
    return _fit_v2(apps, seed)


def embed_all(model: EmbeddingModel, apps: Sequence[AppMetadata]) -> Vector:
    return np.stack([model.embed(app) for app in apps])


def _fit_v1(apps: Sequence[AppMetadata], seed: int) -> EmbeddingModel:
    counted = [attribute_terms(app, "v1") for app in apps]
    attributes, _ = _projection(counted, DIMENSIONS["v1"], seed, least=2)
    return _with_average(
        EmbeddingModel(
            version="v1",
            attributes=attributes,
            average=np.zeros(DIMENSIONS["v1"], np.float32),
            part_weights=np.ones(1, np.float32),
        ),
        apps,
    )


def _fit_v2(apps: Sequence[AppMetadata], seed: int) -> EmbeddingModel:
    categories = tuple(sorted({app.category for app in apps if app.category is not None}))
    category_dimensions = min(len(categories), _MOST_CATEGORY_DIMENSIONS)
    text_dimensions = DIMENSIONS["v2"] - _ATTRIBUTE_DIMENSIONS - category_dimensions
    text, matrix = _projection([text_terms(app) for app in apps], text_dimensions, seed, least=2)
    attributes, _ = _projection(
        [attribute_terms(app, "v2") for app in apps], _ATTRIBUTE_DIMENSIONS, seed, least=2
    )
    return _with_average(
        EmbeddingModel(
            version="v2",
            attributes=attributes,
            average=np.zeros(DIMENSIONS["v2"], np.float32),
            text=text,
            categories=_affinity(apps, categories, text, matrix, category_dimensions, seed),
            part_weights=np.array([1.0, 0.7, 0.1], np.float32),
        ),
        apps,
    )


def _projection(
    counted: Sequence[Mapping[str, float]], dimension: int, seed: int, *, least: int
) -> tuple[Projection, csr_matrix]:
    frequency = Counter(term for terms in counted for term in terms)
    common = sorted(frequency.items(), key=lambda item: (-item[1], item[0]))[:_LARGEST_VOCABULARY]
    terms = sorted(term for term, n in common if n >= least)
    idf = np.array([1 + np.log((1 + len(counted)) / (1 + frequency[t])) for t in terms], np.float32)
    empty = Projection(terms, idf, np.zeros((len(terms), dimension), np.float32))
    matrix = _matrix(empty.sparse, counted, len(terms))
    rank = min(dimension, min(matrix.shape) - 1)
    if rank > 0:
        _, _, axes = randomized_svd(matrix, n_components=rank, n_iter=4, random_state=seed)
        # The sign of a singular vector is arbitrary: its largest entry is made positive.
        signs = np.sign(axes[np.arange(rank), np.abs(axes).argmax(axis=1)])
        empty.components[:, :rank] = (axes * signs[:, None]).T
    return empty, matrix


def _matrix(
    sparse: Callable[[Mapping[str, float]], tuple[np.ndarray, Vector]],
    counted: Sequence[Mapping[str, float]],
    width: int,
) -> csr_matrix:
    rows = [sparse(terms) for terms in counted]
    ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
    columns = np.concatenate([columns for columns, _ in rows])
    values = np.concatenate([values for _, values in rows])
    return csr_matrix((values, columns, ends), shape=(len(rows), width))


def _affinity(
    apps: Sequence[AppMetadata],
    categories: tuple[str, ...],
    text: Projection,
    matrix: csr_matrix,
    dimension: int,
    seed: int,
) -> CategoryAffinity:
    coefficients = np.zeros((len(text.terms), len(categories)), np.float32)
    intercepts = np.zeros(len(categories), np.float32)
    known = np.array([row for row, app in enumerate(apps) if app.category is not None])
    if len(categories) > 1:
        target = [categories.index(apps[row].category or "") for row in known]
        reduced = matrix[known] @ text.components
        fitted = LogisticRegression(C=30.0, max_iter=300).fit(reduced, target)
        coef, bias = fitted.coef_, fitted.intercept_
        if len(categories) == 2:
            coef, bias = np.vstack([-coef, coef]) / 2, np.array([-bias[0], bias[0]]) / 2
        coefficients[:] = text.components @ coef.T
        intercepts[:] = bias
    if len(categories) <= dimension:
        axes = np.eye(len(categories), dimension, dtype=np.float32)
    else:
        rng = np.random.default_rng(seed)
        drawn = rng.standard_normal((len(categories), dimension))
        axes = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return CategoryAffinity(categories, coefficients, intercepts, axes)


def _with_average(model: EmbeddingModel, apps: Sequence[AppMetadata]) -> EmbeddingModel:
    mean = np.stack([model.joined(app) for app in apps]).mean(axis=0, dtype=np.float64)
    if not mean.any():
        mean = np.ones_like(mean)
    model.average = unit(mean.astype(np.float32))
    return model
