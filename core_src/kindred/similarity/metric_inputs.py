"""What a metric is learned over: v2's vectors, and beside them metadata that v2 compresses away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kindred.similarity.app import AppMetadata
from kindred.similarity.artefact import Artefact
from kindred.similarity.catalogue import Catalogue
from kindred.similarity.embedding import EmbeddingModel, Vector, attribute_terms, unit
from kindred.similarity.learned_map import MEASURES, SCALE, term_inputs

_MOST_TERMS = 24
_WIDEST = 3.0  # standard deviations; a measure beyond them says no more
PARTS = ("words", "category", "attributes")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricInputs:
    """`catalogue` is float32[apps, inputs]. Inputs of one group share a weight.

    `group_of` gives each input's group, `start` each group's weight in v2: one for its parts,
    zero for what is added.
    """

    catalogue: Vector
    terms: tuple[str, ...]
    groups: tuple[str, ...]
    group_of: npt.NDArray[np.int64]
    start: npt.NDArray[np.float64]

    @property
    def dimension(self) -> int:
        """Of v2's vectors, which are the first inputs, and of the vectors that come of all."""
        return int(np.count_nonzero(self.start[self.group_of]))


def metric_inputs(artefact: Artefact) -> MetricInputs:
    """Reads every app of a v2 artefact's catalogue once."""
    model, catalogue = artefact.model, artefact.catalogue
    terms = _common_terms(model)
    popularity = artefact.performance.values["popularity"]
    widths = (model.text.components.shape[1], model.categories.axes.shape[1])
    part_of = np.repeat([0, 1, 2], (*widths, model.dimension - sum(widths)))
    group_of = np.concatenate([part_of, len(PARTS) + np.arange(len(terms) + len(MEASURES))])
    start = np.zeros(len(PARTS) + len(terms) + len(MEASURES))
    start[: len(PARTS)] = 1.0
    return MetricInputs(
        catalogue=_inputs(artefact.vectors, terms, catalogue, popularity),
        terms=terms,
        groups=(*PARTS, *terms, *MEASURES),
        group_of=group_of,
        start=start,
    )


def query_inputs(model: EmbeddingModel, terms: Sequence[str], query: AppMetadata) -> Vector:
    """float32[inputs] of an app that is not in the catalogue, whose measures are not known."""
    added = term_inputs(terms, attribute_terms(query))
    return np.concatenate([model.embed(query), added, np.zeros(len(MEASURES), np.float32)])


def embed_catalogue(
    model: EmbeddingModel, catalogue: Catalogue, popularity: npt.NDArray[np.float64]
) -> Vector:
    """float32[apps, dimension] of a trained model, for a catalogue that it need not know.

    As its training gave them: rating and popularity, which `embed` cannot know, are counted.
    Raises ValueError for a model that is not trained.
    """
    if model.learned is None:
        raise ValueError(f"model: given {model.version}, allowed a trained one")
    apps = (catalogue.app(row).metadata for row in range(len(catalogue)))
    parts = np.stack([unit(model.join_parts(app)) for app in apps])
    inputs = _inputs(parts, model.learned.terms, catalogue, popularity)
    vectors = mapped(inputs, model.learned.matrix)
    vectors[~vectors.any(axis=1)] = model.average
    return vectors


def map_matrix(inputs: MetricInputs, weights: npt.NDArray[np.float64]) -> Vector:
    """float32[dimension, inputs]: inputs scaled by the roots of their groups' weights.

    Where more inputs count than there are dimensions, the catalogue's leading principal axes
    carry them; with v2's own weights the map leaves a vector as it is.
    """
    scales, dimension = np.sqrt(weights)[inputs.group_of], inputs.dimension
    if not scales[dimension:].any():
        return np.eye(dimension, len(scales), dtype=np.float32) * scales.astype(np.float32)
    scaled = inputs.catalogue * scales
    _, axes = np.linalg.eigh(scaled.T @ scaled)
    leading = axes[:, ::-1][:, :dimension]
    largest = leading[np.abs(leading).argmax(axis=0), np.arange(dimension)]
    signed = leading * np.where(largest < 0, -1, 1)
    matrix: Vector = (signed * scales[:, None]).T.astype(np.float32)
    return matrix


def mapped(inputs: Vector, matrix: Vector) -> Vector:
    """float32[rows, dimension], each row of unit length; one of nothing stays zero."""
    vectors = inputs @ matrix.T
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Vector = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units


def weights_by_name(inputs: MetricInputs, weights: npt.NDArray[np.float64]) -> Mapping[str, float]:
    return dict(zip(inputs.groups, weights.tolist(), strict=True))


def _inputs(
    vectors: Vector,
    terms: Sequence[str],
    catalogue: Catalogue,
    popularity: npt.NDArray[np.float64],
) -> Vector:
    rows = range(len(catalogue))
    added = np.stack([term_inputs(terms, attribute_terms(catalogue.app(r).metadata)) for r in rows])
    measures = [_standard(catalogue.numbers("rating")), _standard(popularity)]
    return np.column_stack([vectors, added, *measures]).astype(np.float32)


def _common_terms(model: EmbeddingModel) -> tuple[str, ...]:
    """The attributes that most apps have: a weight falls with how many have the term."""
    order = np.argsort(model.attributes.weights, kind="stable")[:_MOST_TERMS]
    return tuple(model.attributes.terms[row] for row in order)


def _standard(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Standard scores, zero where nothing is known."""
    known = np.isfinite(values)
    if not known.any() or not (spread := values[known].std()):
        return np.zeros(len(values))
    scores = np.where(known, values, values[known].mean()) - values[known].mean()
    standard: npt.NDArray[np.float64] = SCALE * np.clip(scores / spread, -_WIDEST, _WIDEST)
    return standard
