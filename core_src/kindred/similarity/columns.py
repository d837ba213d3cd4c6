"""Columns on disk: text as one blob with offsets, numbers as .npy, both memory-mapped."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class TextColumn:
    """Strings as one UTF-8 blob, so that a million names cost no Python objects."""

    def __init__(self, blob: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        self.blob = blob
        self.offsets = offsets

    @classmethod
    def open(cls, directory: Path, name: str) -> "TextColumn":
        """Raises ValueError when blob and offsets do not belong together."""
        blob_path = directory / f"{name}.utf8"
        offsets = read_array(directory, f"{name}.offsets")
        size = blob_path.stat().st_size
        blob = np.memmap(blob_path, np.uint8, "r") if size else np.zeros(0, np.uint8)
        if offsets.ndim != 1 or not offsets.size or int(offsets[-1]) != size:
            raise ValueError(f"{name}: the offsets end at {offsets[-1:]}, the text at {size} bytes")
        return cls(np.asarray(blob), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> str:
        return self.bytes_at(row).decode()

    def bytes_at(self, row: int) -> bytes:
        return self.blob[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def all(self) -> list[str]:
        return [self[row] for row in range(len(self))]


def write_text(directory: Path, name: str, values: Iterable[str]) -> None:
    encoded = [value.encode() for value in values]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(value) for value in encoded], out=offsets[1:])
    (directory / f"{name}.utf8").write_bytes(b"".join(encoded))
    write_array(directory, f"{name}.offsets", offsets)


def read_array(directory: Path, name: str) -> npt.NDArray[Any]:
    """Raises ValueError for a file that is not a plain array, a pickled one included."""
    array: npt.NDArray[Any] = np.load(directory / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    # A plain view: the memmap subclass costs a microsecond on every element read.
    return np.asarray(array)


def write_array(directory: Path, name: str, values: npt.NDArray[Any]) -> None:
    np.save(directory / f"{name}.npy", np.ascontiguousarray(values), allow_pickle=False)


def write_codes(directory: Path, name: str, values: Sequence[str | None]) -> None:
    """A column of few distinct values: sorted, once, and an int32 code a row, -1 for none."""
    distinct = sorted({value for value in values if value is not None})
    code = {value: position for position, value in enumerate(distinct)}
    write_text(directory, f"{name}.values", distinct)
    codes = [-1 if value is None else code[value] for value in values]
    write_array(directory, f"{name}.codes", np.array(codes, np.int32))
