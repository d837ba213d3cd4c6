"""Embedding models: from an app's metadata to a unit vector, with numpy alone.

All have three parts, weighted and laid side by side: the words, the category, and the other
attributes. `v1` (64 dimensions) reads metadata alone, so its words are the name's. `v2` (128)
reads name and description, and when the category is not known predicts it from them. `v3` and
every later one (128) is v2 and further metadata under a linear map that was learned from clicks.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kindred.similarity.app import AppMetadata
from kindred.similarity.columns import TextColumn, read_array, write_array, write_text
from kindred.similarity.learned_map import LearnedMap
from kindred.similarity.versions import LEARNED_ON, is_trained
from kindred.similarity.words import fold, words

Vector = npt.NDArray[np.float32]
DIMENSIONS = {"v1": 64, "v2": 128}  # a trained model has those of the one it is learned on
_NAME_COUNTS = 4  # times; a name says more than as many words of a description


class Projection:
    """Weighted terms to a dense vector: weights [terms], components [terms, dimension]."""

    def __init__(self, terms: list[str], weights: Vector, components: Vector) -> None:
        self.terms = terms
        self.weights = weights
        self.components = components
        self._row = {term: row for row, term in enumerate(terms)}

    def sparse(self, counted: Mapping[str, float]) -> tuple[npt.NDArray[np.int64], Vector]:
        """Rows of the known terms, ascending, and their weights as a unit vector."""
        known = sorted((self._row[term], n) for term, n in counted.items() if term in self._row)
        rows = np.array([row for row, _ in known], np.int64)
        values = np.array([n for _, n in known], np.float32) * self.weights[rows]
        return rows, unit(values)

    def project(self, rows: npt.NDArray[np.int64], values: Vector) -> Vector:
        projected: Vector = values @ self.components[rows]
        return projected

    def write(self, directory: Path, name: str) -> None:
        write_text(directory, f"{name}.terms", self.terms)
        write_array(directory, f"{name}.weights", self.weights)
        write_array(directory, f"{name}.components", self.components)

    @classmethod
    def open(cls, directory: Path, name: str) -> "Projection":
        terms = TextColumn.open(directory, f"{name}.terms").all()
        weights = read_array(directory, f"{name}.weights")
        components = read_array(directory, f"{name}.components")
        if not len(terms) == len(weights) == len(components):
            raise ValueError(f"{name}: terms, weights and components differ in length")
        return cls(terms, weights, components)


@dataclass(frozen=True, slots=True)
class CategoryPart:
    """Where each category lies, and how likely words make it.

    `axes` is [categories, dimension], unit rows. `coefficients` is [terms, categories]; without
    any terms, as in v1, a category that is not given stays unknown.
    """

    names: tuple[str, ...]
    axes: Vector
    coefficients: Vector
    intercepts: Vector

    def shares(self, rows: npt.NDArray[np.int64], values: Vector) -> Vector:
        """Each category's probability given weighted terms: a softmax, which sums to one."""
        scores = values @ self.coefficients[rows] + self.intercepts
        odds = np.exp(scores - scores.max())
        shares: Vector = odds / odds.sum()
        return shares

    def locate(self, category: str | None, rows: npt.NDArray[np.int64], values: Vector) -> Vector:
        """A known category's own axis; otherwise the axes by their probability."""
        if category in self.names:
            known: Vector = self.axes[self.names.index(category)]
            return known
        if not len(self.coefficients):
            return np.zeros(self.axes.shape[1], np.float32)
        expected: Vector = self.shares(rows, values) @ self.axes
        return expected

    def write(self, directory: Path) -> None:
        write_text(directory, "categories.names", self.names)
        for name in ("axes", "coefficients", "intercepts"):
            write_array(directory, f"categories.{name}", getattr(self, name))

    @classmethod
    def open(cls, directory: Path) -> "CategoryPart":
        names = tuple(TextColumn.open(directory, "categories.names").all())
        arrays = (
            read_array(directory, f"categories.{name}")
            for name in ("axes", "coefficients", "intercepts")
        )
        return cls(names, *arrays)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingModel:
    """`weights` are those of words, category and attributes. `average` is float32[dimension]."""

    version: str
    text: Projection
    categories: CategoryPart
    attributes: Projection
    weights: Vector
    average: Vector
    learned: LearnedMap | None = None

    @property
    def dimension(self) -> int:
        return len(self.average)

    def embed(self, metadata: AppMetadata) -> Vector:
        """float32[dimension] of unit length.

        An app of which nothing is known to the model gets the catalogue's average direction:
        its neighbours are then the catalogue's most ordinary apps, and it is never a zero.
        """
        vector = unit(self.join_parts(metadata))
        if self.learned is not None:
            vector = unit(self.learned.apply(vector, attribute_terms(metadata)))
        return vector if vector.any() else np.array(self.average)

    def join_parts(self, metadata: AppMetadata) -> Vector:
        """The weighted parts, before the whole is brought to unit length."""
        rows, values = self.text.sparse(text_terms(metadata, self.version))
        attributes = self.attributes.sparse(attribute_terms(metadata))
        parts = (
            unit(self.text.project(rows, values)),
            self.categories.locate(metadata.category, rows, values),
            unit(self.attributes.project(*attributes)),
        )
        weighted = [weight * part for weight, part in zip(self.weights, parts, strict=True)]
        return np.concatenate(weighted, dtype=np.float32)

    def write(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.text.write(directory, "text")
        self.categories.write(directory)
        self.attributes.write(directory, "attributes")
        write_array(directory, "weights", self.weights)
        write_array(directory, "average", self.average)
        if self.learned is not None:
            self.learned.write(directory)

    @classmethod
    def open(cls, directory: Path, version: str) -> "EmbeddingModel":
        """Raises ValueError or OSError when an array is missing or is not what it should be."""
        return cls(
            version=version,
            text=Projection.open(directory, "text"),
            categories=CategoryPart.open(directory),
            attributes=Projection.open(directory, "attributes"),
            weights=read_array(directory, "weights"),
            average=read_array(directory, "average"),
            learned=LearnedMap.open(directory) if is_trained(version) else None,
        )


def dimension_of(version: str) -> int:
    """Raises InvalidVersion."""
    return DIMENSIONS[LEARNED_ON if is_trained(version) else version]


def unit(vector: Vector) -> Vector:
    length = math.sqrt(np.dot(vector, vector))
    return (vector / length).astype(np.float32) if length > 0 else vector


def attribute_terms(metadata: AppMetadata) -> dict[str, float]:
    terms = ["feature:" + fold(feature) for feature in metadata.features]
    if metadata.region is not None:
        terms.append("region:" + fold(metadata.region))
    if metadata.pricing is not None:
        terms.append("pricing:" + metadata.pricing)
    return dict.fromkeys(terms, 1.0)


def text_terms(metadata: AppMetadata, version: str) -> dict[str, float]:
    """What a model reads as words, each counting 1 + ln(times it occurs)."""
    counted = Counter(words(metadata.name) * _NAME_COUNTS)
    if version != "v1":
        counted.update(words(metadata.description))
    return {term: 1.0 + math.log(times) for term, times in counted.items()}
