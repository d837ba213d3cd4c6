"""Exact filters over the catalogue: values of a field are alternatives, fields are combined."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kindred.similarity.app import Pricing
from kindred.similarity.catalogue import Catalogue, UnknownCategory

Given = str | int | float

_NUMBER_COLUMNS = {"price": "price_usd", "rating": "rating"}
_CODED_FIELDS = ("category", "region", "pricing")
FIELDS = (*_CODED_FIELDS, *_NUMBER_COLUMNS)
_NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"
_COMPARED = re.compile(rf"\s*(<=|>=|<|>|=)?{_NUMBER}")
_RANGE = re.compile(rf"{_NUMBER}\.\.{_NUMBER}")
_LONGEST = 64  # characters
_NUMBERS_ALLOWED = 'a number, or ">=4", "<=0.99", ">4", "<1" or "1..4.99"'


class InvalidFilter(ValueError):
    def __init__(self, field: str, given: object, allowed: str) -> None:
        shown = repr(given)
        shown = shown if len(shown) <= 100 else shown[:97] + "..."
        super().__init__(f"filter {field[:100]!r}: given {shown}; allowed: {allowed}")
        self.field = field
        self.given = given
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from low to high; an open end leaves its own value out."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def holds(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        above = values > self.low if self.low_open else values >= self.low
        below = values < self.high if self.high_open else values <= self.high
        return above & below


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked, in the catalogue's own spelling."""

    values: Mapping[str, tuple[str, ...]]
    intervals: Mapping[str, tuple[Interval, ...]]

    def __bool__(self) -> bool:
        return bool(self.values or self.intervals)

    def mask(self, catalogue: Catalogue) -> npt.NDArray[np.bool_]:
        """True for each row that matches; a row that lacks the value never does."""
        matching = np.ones(len(catalogue), np.bool_)
        for field, wanted in self.values.items():
            known = catalogue.values(field)
            codes = [known.index(value) for value in wanted if value in known]
            matching &= np.isin(catalogue.codes(field), codes)
        for field, intervals in self.intervals.items():
            column = catalogue.numbers(_NUMBER_COLUMNS[field])
            matching &= np.logical_or.reduce([interval.holds(column) for interval in intervals])
        return matching


def parse_filters(given: Mapping[str, Sequence[Given]], catalogue: Catalogue) -> Filters:
    """Raises InvalidFilter, which says what the field allows."""
    values: dict[str, tuple[str, ...]] = {}
    intervals: dict[str, tuple[Interval, ...]] = {}
    for field, alternatives in given.items():
        if field not in FIELDS:
            raise InvalidFilter(field, field, "the fields " + ", ".join(FIELDS))
        if isinstance(alternatives, str) or not isinstance(alternatives, Sequence):
            raise InvalidFilter(field, alternatives, "a list of values")
        if not alternatives:
            raise InvalidFilter(field, alternatives, "at least one value")
        if field in _NUMBER_COLUMNS:
            intervals[field] = tuple(_interval(field, value) for value in alternatives)
        else:
            values[field] = tuple(_spelled(field, value, catalogue) for value in alternatives)
    return Filters(values, intervals)


def _spelled(field: str, given: Given, catalogue: Catalogue) -> str:
    allowed = tuple(Pricing) if field == "pricing" else catalogue.values(field)
    if not isinstance(given, str):
        raise InvalidFilter(field, given, ", ".join(allowed) or "nothing: no app has one")
    if field == "category":
        try:
            return catalogue.canonical_category(given)
        except UnknownCategory as unknown:
            raise InvalidFilter(field, given, ", ".join(unknown.allowed)) from unknown
    for value in allowed:
        if value.casefold() == given.strip().casefold():
            return value
    raise InvalidFilter(field, given, ", ".join(allowed) or "nothing: no app has one")


def _interval(field: str, given: Given) -> Interval:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise InvalidFilter(field, given, _NUMBERS_ALLOWED)
    if not isinstance(given, str):
        # An integer of a thousand digits is no price, and float() would raise on it.
        number = float(given) if abs(given) < 1e15 else math.nan
        if not math.isfinite(number):
            raise InvalidFilter(field, given, _NUMBERS_ALLOWED)
        return Interval(number, number)
    if len(given) > _LONGEST:
        raise InvalidFilter(field, given, _NUMBERS_ALLOWED)
    if ranged := _RANGE.fullmatch(given):
        low, high = float(ranged[1]), float(ranged[2])
        if low > high:
            raise InvalidFilter(field, given, "a range from the lower number to the higher")
        return Interval(low, high)
    if compared := _COMPARED.fullmatch(given):
        number = float(compared[2])
        match compared[1]:
            case "<=" | "<":
                return Interval(high=number, high_open=compared[1] == "<")
            case ">=" | ">":
                return Interval(low=number, low_open=compared[1] == ">")
            case _:
                return Interval(number, number)
    raise InvalidFilter(field, given, _NUMBERS_ALLOWED)
