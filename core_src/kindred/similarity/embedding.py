"""Embedding models: from an app's metadata to a unit vector, with numpy alone.

`v1` (64 dimensions) reads metadata: category, region, pricing, features and the words of the
name. `v2` (128) reads the description too, and has three parts: the text, how strongly the app
belongs to each category (predicted from the text when the category is not known), and the other
metadata.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kindred.similarity.app import AppMetadata
from kindred.similarity.columns import TextColumn, read_array, write_array, write_text
from kindred.similarity.words import fold, words

Vector = npt.NDArray[np.float32]
DIMENSIONS = {"v1": 64, "v2": 128}


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
class CategoryAffinity:
    """Category probabilities from text: softmax(terms @ coefficients + intercepts)."""

    categories: tuple[str, ...]
    coefficients: Vector  # [terms, categories]
    intercepts: Vector  # [categories]
    axes: Vector  # [categories, dimension]: where each category lies

    def of(self, category: str | None, rows: npt.NDArray[np.int64], values: Vector) -> Vector:
        """One for a known category; otherwise what the text says, which sums to one."""
        if category in self.categories:
            known = np.zeros(len(self.categories), np.float32)
            known[self.categories.index(category)] = 1.0
            return known
        scores = values @ self.coefficients[rows] + self.intercepts
        odds = np.exp(scores - scores.max())
        shares: Vector = odds / odds.sum()
        return shares

    def write(self, directory: Path) -> None:
        write_text(directory, "categories.names", self.categories)
        for name in ("coefficients", "intercepts", "axes"):
            write_array(directory, f"categories.{name}", getattr(self, name))

    @classmethod
    def open(cls, directory: Path) -> "CategoryAffinity":
        names = tuple(TextColumn.open(directory, "categories.names").all())
        arrays = (
            read_array(directory, f"categories.{name}")
            for name in ("coefficients", "intercepts", "axes")
        )
        return cls(names, *arrays)


class EmbeddingModel:
    """An app of which no term is known gets the catalogue's average direction, never a zero."""

    def __init__(
        self,
        *,
        version: str,
        attributes: Projection,
        average: Vector,
        text: Projection | None = None,
        categories: CategoryAffinity | None = None,
        part_weights: Vector,
    ) -> None:
        self.version = version
        self.attributes = attributes
        self.average = average
        self.text = text
        self.categories = categories
        self.part_weights = part_weights

    @property
    def dimension(self) -> int:
        return len(self.average)

    def embed(self, metadata: AppMetadata) -> Vector:
        """float32[dimension] of unit length; the same for the same metadata, on every machine."""
        joined = self.joined(metadata)
        return unit(joined) if joined.any() else self.average.copy()

    def joined(self, metadata: AppMetadata) -> Vector:
        """The weighted parts one after the other, before the whole is brought to unit length."""
        attributes = self.attributes.project(
            *self.attributes.sparse(attribute_terms(metadata, self.version))
        )
        if self.text is None or self.categories is None:
            return attributes
        rows, values = self.text.sparse(text_terms(metadata))
        affinity = self.categories.of(metadata.category, rows, values)
        parts = (self.text.project(rows, values), affinity @ self.categories.axes, attributes)
        lengths = (unit(parts[0]), parts[1], parts[2])
        return np.concatenate(
            [weight * part for weight, part in zip(self.part_weights, lengths, strict=True)]
        ).astype(np.float32)

    def write(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.attributes.write(directory, "attributes")
        write_array(directory, "average", self.average)
        write_array(directory, "part_weights", self.part_weights)
        if self.text is not None and self.categories is not None:
            self.text.write(directory, "text")
            self.categories.write(directory)

    @classmethod
    def open(cls, directory: Path, version: str) -> "EmbeddingModel":
        """Raises ValueError or OSError when an array is missing or is not what it should be."""
        reads_text = version != "v1"
        return cls(
            version=version,
            attributes=Projection.open(directory, "attributes"),
            average=read_array(directory, "average"),
            text=Projection.open(directory, "text") if reads_text else None,
            categories=CategoryAffinity.open(directory) if reads_text else None,
            part_weights=read_array(directory, "part_weights"),
        )


def unit(vector: Vector) -> Vector:
    length = float(np.sqrt(np.square(vector, dtype=np.float64).sum()))
    return (vector / length).astype(np.float32) if length > 0 else vector


_CATEGORY_WEIGHT = 3.0
_NAME_WEIGHT = 1.0


def attribute_terms(metadata: AppMetadata, version: str) -> dict[str, float]:
    """Metadata as weighted terms; `v2` takes category and name into its other parts."""
    terms: dict[str, float] = {}
    if metadata.region is not None:
        terms["region:" + fold(metadata.region)] = 1.0
    if metadata.pricing is not None:
        terms["pricing:" + metadata.pricing] = 1.0
    for feature in metadata.features:
        terms["feature:" + fold(feature)] = 1.0
    if version == "v1":
        if metadata.category is not None:
            terms["category:" + fold(metadata.category)] = _CATEGORY_WEIGHT
        for word in words(metadata.name):
            terms["name:" + word] = _NAME_WEIGHT
    return terms


def text_terms(metadata: AppMetadata) -> dict[str, float]:
    """Words of name and description, each 1 + ln(count); the name counts twice."""
    counted = Counter(words(metadata.description))
    for word in words(metadata.name):
        counted[word] += 2
    return dampened(counted.items())


def dampened(counts: Iterable[tuple[str, int]]) -> dict[str, float]:
    return {term: 1.0 + float(np.log(n)) for term, n in counts}
