"""What a trained model lays over v2: further metadata and learned weights, as one linear map."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kindred.similarity.columns import TextColumn, read_array, write_array, write_text

Vector = npt.NDArray[np.float32]
MEASURES = ("rating", "popularity")
SCALE = 0.2  # of a further input, beside a vector of unit length


@dataclass(frozen=True, slots=True)
class LearnedMap:
    """`matrix` is [dimension, inputs]: v2's dimensions, a column a term, and one a measure."""

    terms: tuple[str, ...]
    matrix: Vector

    def apply(self, vector: Vector, terms: Iterable[str]) -> Vector:
        """float32[dimension], of any length, for an app that is not in the catalogue.

        Of its rating and popularity nothing is known, which is what the average app has: zero.
        """
        inputs = np.concatenate([vector, term_inputs(self.terms, terms), _NO_MEASURES])
        mapped: Vector = self.matrix @ inputs
        return mapped

    def write(self, directory: Path) -> None:
        write_text(directory, "learned.terms", self.terms)
        write_array(directory, "learned.matrix", self.matrix)

    @classmethod
    def open(cls, directory: Path) -> "LearnedMap":
        """Raises ValueError when the matrix is not of the terms."""
        terms = tuple(TextColumn.open(directory, "learned.terms").all())
        matrix = read_array(directory, "learned.matrix")
        inputs = (len(matrix) if matrix.ndim == 2 else 0) + len(terms) + len(MEASURES)
        if matrix.ndim != 2 or matrix.shape[1] != inputs:
            raise ValueError(f"learned.matrix: given {matrix.shape}, allowed: {inputs} inputs")
        return cls(terms, matrix)


def term_inputs(known: Iterable[str], given: Iterable[str]) -> Vector:
    present = set(given)
    return np.array([SCALE if term in present else 0.0 for term in known], np.float32)


_NO_MEASURES = np.zeros(len(MEASURES), np.float32)
