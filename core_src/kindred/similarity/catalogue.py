"""The catalogue that is served: columns on disk, memory-mapped, sorted by app id."""

import json
import re
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kindred.similarity.app import AppMetadata, CatalogueApp, Pricing
from kindred.similarity.categories import canonical_name
from kindred.similarity.columns import TextColumn, read_array, write_array, write_codes, write_text
from kindred.similarity.words import fold

if TYPE_CHECKING:
    from kindred.similarity.filters import Filters

MEASURES = ("price_usd", "rating")  # float64, NaN when missing
COUNTS = ("rating_count", "installs", "impressions", "clicks")  # int64, -1 when missing
CODED = ("category", "region", "pricing", "source")
TEXTS = ("app_id", "name", "description", "features", "search_name")


class AppNotFound(LookupError):
    def __init__(self, app_id: str) -> None:
        super().__init__(f"no app {app_id[:100]!r} in the catalogue")
        self.app_id = app_id


class UnknownCategory(ValueError):
    def __init__(self, given: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"no category {given[:100]!r}; allowed: {', '.join(allowed)}")
        self.given = given
        self.allowed = allowed


class Catalogue:
    """Read-only. A row number is a position in the order of app ids; an index answers with it."""

    def __init__(self, directory: Path) -> None:
        """Raises ValueError or OSError when a column is missing or is not what it should be."""
        self._texts = {name: TextColumn.open(directory, name) for name in TEXTS}
        self._codes = {name: read_array(directory, f"{name}.codes") for name in CODED}
        self._values = {
            name: tuple(TextColumn.open(directory, f"{name}.values").all()) for name in CODED
        }
        self._numbers = {name: read_array(directory, name) for name in (*MEASURES, *COUNTS)}
        self._generated = read_array(directory, "generated")
        self._by_name = read_array(directory, "by_name")
        arrays = (*self._codes.values(), *self._numbers.values(), self._by_name)
        lengths = {len(column) for column in self._texts.values()}
        lengths |= {len(column) for column in arrays}
        if lengths != {len(self._generated)}:
            raise ValueError(f"the columns differ in length: {sorted(lengths)}")
        self._folded_categories = {fold(value): value for value in self.categories}

    def __len__(self) -> int:
        return len(self._generated)

    @property
    def categories(self) -> tuple[str, ...]:
        return self._values["category"]

    @property
    def regions(self) -> tuple[str, ...]:
        return self._values["region"]

    @property
    def sources(self) -> tuple[str, ...]:
        return self._values["source"]

    @property
    def generated(self) -> bool:
        """Whether any app in it was generated."""
        return bool(self._generated.any())

    def values(self, column: str) -> tuple[str, ...]:
        """The distinct values of a coded column, in the order of their codes."""
        return self._values[column]

    def codes(self, column: str) -> npt.NDArray[np.int32]:
        """One code a row, -1 where the value is missing."""
        return self._codes[column]

    def numbers(self, column: str) -> npt.NDArray[Any]:
        """Prices in US dollars, ratings in stars (NaN: missing); counts (-1: missing)."""
        return self._numbers[column]

    def app_id(self, row: int) -> str:
        return self._texts["app_id"][row]

    def name(self, row: int) -> str:
        return self._texts["name"][row]

    def app(self, row: int) -> CatalogueApp:
        pricing = self._coded("pricing", row)
        metadata = AppMetadata(
            name=self._texts["name"][row],
            category=self._coded("category", row),
            region=self._coded("region", row),
            pricing=None if pricing is None else Pricing(pricing),
            features=tuple(json.loads(self._texts["features"][row])),
            description=self._texts["description"][row],
        )
        price, rating = (float(self._numbers[name][row]) for name in MEASURES)
        counts = {name: int(self._numbers[name][row]) for name in COUNTS}
        return CatalogueApp(
            app_id=self.app_id(row),
            metadata=metadata,
            price_usd=None if np.isnan(price) else price,
            rating=None if np.isnan(rating) else rating,
            source=self._coded("source", row) or "",
            generated=bool(self._generated[row]),
            **{name: None if count < 0 else count for name, count in counts.items()},
        )

    def _coded(self, column: str, row: int) -> str | None:
        code = int(self._codes[column][row])
        return None if code < 0 else self._values[column][code]

    def row(self, app_id: str) -> int:
        """Raises AppNotFound."""
        row = self._find(app_id)
        if row is None:
            raise AppNotFound(app_id)
        return row

    def __contains__(self, app_id: object) -> bool:
        return isinstance(app_id, str) and self._find(app_id) is not None

    def _find(self, app_id: str) -> int | None:
        # Binary search in the mapped column: a dict of a million ids would cost 100 MB.
        wanted = app_id.encode("utf-8", "surrogatepass")
        column, low, high = self._texts["app_id"], 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if column.bytes_at(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and column.bytes_at(low) == wanted else None

    def canonical_category(self, text: str) -> str:
        """The catalogue's spelling of a category, whatever the case, or of a store's own word.

        Raises UnknownCategory.
        """
        for spelling in (text, canonical_name(text)):
            if (found := self._folded_categories.get(fold(spelling))) is not None:
                return found
        raise UnknownCategory(text, self.categories)

    def browse(
        self, filters: "Filters | None" = None, *, limit: int, offset: int = 0
    ) -> tuple[list[int], int]:
        """Rows in the order of their names, and how many there are in all."""
        rows = self._by_name
        if filters is not None:
            rows = rows[filters.mask(self)[rows]]
        return [int(row) for row in rows[offset : offset + limit]], len(rows)

    def search(
        self, text: str, *, filters: "Filters | None" = None, limit: int, offset: int = 0
    ) -> tuple[list[int], int]:
        """Rows whose name holds the text, or words that begin with each of the text's.

        With them, how many there are in all.

        Names that begin with the text come first, then those in which a word does, then the
        rest; shorter names first within each, then the order of ids.
        """
        needle = fold(text)
        if not needle:
            return self.browse(filters, limit=limit, offset=offset)
        rows, ranks = self._name_matches(needle)
        if filters is not None:
            kept = filters.mask(self)[rows]
            rows, ranks = rows[kept], ranks[kept]
        offsets = self._texts["search_name"].offsets
        lengths = offsets[rows + 1] - offsets[rows]
        order = np.lexsort((rows, lengths, ranks))[offset : offset + limit]
        return [int(row) for row in rows[order]], len(rows)

    def _name_matches(self, needle: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        ranks = np.full(len(self), 9, np.int64)
        for rank, before in enumerate(("\n", " ", "")):
            rows = self._rows_with(before, needle)
            ranks[rows] = np.minimum(ranks[rows], rank)
        rows = reduce(np.intersect1d, (self._rows_with("[\n ]", word) for word in needle.split()))
        ranks[rows] = np.minimum(ranks[rows], 3)
        found = np.flatnonzero(ranks < 9)
        return found, ranks[found]

    def _rows_with(self, before: str, text: str) -> npt.NDArray[np.int64]:
        column = self._texts["search_name"]
        pattern = re.compile(before.encode() + re.escape(text.encode("utf-8", "surrogatepass")))
        starts = [match.start() for match in pattern.finditer(column.blob.data)]
        found = np.searchsorted(column.offsets, np.array(starts, np.int64), side="right") - 1
        return np.unique(found)


def write_catalogue(directory: Path, apps: Sequence[CatalogueApp]) -> None:
    """The columns of apps, sorted by app id. Raises ValueError when an id is there twice."""
    directory.mkdir(parents=True, exist_ok=True)
    apps = sorted(apps, key=lambda app: app.app_id.encode())
    for one, other in pairwise(apps):
        if one.app_id == other.app_id:
            raise ValueError(f"app id {one.app_id!r} is there twice")
    # Every name starts on its own line, so that a match never crosses from one into the next.
    searched = ["\n" + fold(app.metadata.name) for app in apps]
    write_text(directory, "app_id", (app.app_id for app in apps))
    write_text(directory, "name", (app.metadata.name for app in apps))
    write_text(directory, "description", (app.metadata.description for app in apps))
    write_text(
        directory,
        "features",
        (json.dumps(app.metadata.features, ensure_ascii=False) for app in apps),
    )
    write_text(directory, "search_name", searched)
    for column in ("category", "region", "pricing"):
        write_codes(directory, column, [getattr(app.metadata, column) for app in apps])
    write_codes(directory, "source", [app.source for app in apps])
    for column in MEASURES:
        values = [getattr(app, column) for app in apps]
        write_array(directory, column, np.array([np.nan if v is None else v for v in values]))
    for column in COUNTS:
        values = [getattr(app, column) for app in apps]
        counts = np.array([-1 if v is None else v for v in values], np.int64)
        write_array(directory, column, counts)
    write_array(directory, "generated", np.array([app.generated for app in apps], np.bool_))
    by_name = sorted(range(len(apps)), key=lambda row: (searched[row], row))
    write_array(directory, "by_name", np.array(by_name, np.int64))
