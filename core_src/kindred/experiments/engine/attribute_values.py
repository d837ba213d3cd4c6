"""Attributes as JSON values: their kinds, their text, and their order.

The engine has to agree with evaluators in browsers, so ECMAScript's rules hold: Number::toString,
relational comparison, and units of UTF-16 for the order of strings.
"""

from __future__ import annotations

import math
import re
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Infinity", re.ASCII)
_INDEX = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def kind(value: Any) -> str:
    """One of null, boolean, number, string, array, object and unknown."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list() | tuple():
            return "array"
        case dict():
            return "object"
        case _:
            return "unknown"


def number_text(value: float) -> str:
    """The number as a browser writes it: 3.0 is "3", 1e21 is "1e+21", 1.5e-7 is "1.5e-7"."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    significant = (whole + fraction).lstrip("0")
    # The value is 0.digits times ten to the power of `point`.
    point = int(exponent or 0) - len(fraction) + len(significant)
    digits = significant.rstrip("0")
    return ("-" if number < 0 else "") + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    if len(digits) <= point <= 21:
        return digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{mantissa}e{point - 1:+d}"


def unit_text(value: Any) -> str:
    """What is hashed for an attribute; "" when it names no unit (missing, zero, true, a list)."""
    if isinstance(value, str):
        return value
    if not is_number(value) or value == 0 or value != value:
        return ""
    text = number_text(value)
    return "" if text.endswith("Infinity") else text


def ordered(actual: Any, expected: Any) -> int | None:
    """-1, 0 or 1; None when the two have no order, such as a word and a number."""
    left, right = _primitive(actual), _primitive(expected)
    if isinstance(left, str) and isinstance(right, str):
        if not (left.isascii() and right.isascii()):
            left_units = left.encode("utf-16-be", "surrogatepass")
            right_units = right.encode("utf-16-be", "surrogatepass")
            return (left_units > right_units) - (left_units < right_units)
        return (left > right) - (left < right)
    low, high = _number(left), _number(right)
    if low != low or high != high:
        return None
    return (low > high) - (low < high)


def _primitive(value: Any) -> Any:
    match value:
        case list():
            return ",".join("" if item is None else _text(item) for item in value)
        case dict():
            return "[object Object]"
        case _:
            return value


def _text(value: Any) -> str:
    value = _primitive(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if is_number(value) else str(value)


def _number(value: Any) -> float:
    """A missing value counts as zero, as an empty text does."""
    if value is None:
        return 0
    if isinstance(value, int | float):
        return value
    text = str(value).strip()
    if not text:
        return 0
    return float(text) if _NUMBER.fullmatch(text) else math.nan


def same_literal(actual: Any, expected: Any) -> bool:
    """Equality of kind and value throughout; an object's properties count in their order."""
    of = kind(actual)
    if of != kind(expected):
        return False
    if of == "array":
        return len(actual) == len(expected) and all(map(same_literal, actual, expected))
    if of == "object":
        return _property_order(actual) == _property_order(expected) and all(
            same_literal(actual[name], expected[name]) for name in actual
        )
    return bool(actual == expected)


def _property_order(value: dict[str, Any]) -> list[str]:
    """Browsers move the properties that look like positions to the front."""
    positions = sorted((name for name in value if _INDEX.fullmatch(name)), key=int)
    return positions + [name for name in value if not _INDEX.fullmatch(name)]
