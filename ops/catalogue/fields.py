"""One field of a row at a time: what it may hold, and a plain statement when it does not."""

import re
from collections.abc import Mapping

from kindred.similarity.app import Pricing

NAME_CHARACTERS = 500
DESCRIPTION_CHARACTERS = 50_000
LABEL_CHARACTERS = 64
MOST_FEATURES = 50
_APP_ID = re.compile(r"[A-Za-z0-9._:@~-]{1,128}")
_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_NOT_UTF8 = re.compile(r"[\ud800-\udfff]")
_TRUE, _FALSE = {"true", "1", "yes"}, {"false", "0", "no", ""}

Values = Mapping[str, object]


class BadField(ValueError):
    def __init__(self, field: str, given: object, allowed: str) -> None:
        shown = given if isinstance(given, str) else repr(given)
        # A surrogate stands for a byte that is no UTF-8; it is shown as that byte.
        shown = shown[:100].encode("utf-8", "backslashreplace").decode()
        super().__init__(f"{field}: given {shown!r}; allowed: {allowed}")
        self.field = field
        self.given = shown
        self.allowed = allowed


def read_text(values: Values, field: str, *, most: int) -> str | None:
    """None when it is missing or blank."""
    text = _read_utf8(values, field, most=most)
    if text is not None and (control := _CONTROL.search(text)):
        raise BadField(field, repr(control.group()), "text without control characters")
    return text


def read_lines(values: Values, field: str, *, most: int) -> str:
    """Text of several lines; stores' exports have stray control characters, which are left out."""
    text = _LINE_BREAK.sub("\n", _read_utf8(values, field, most=most) or "")
    return _CONTROL.sub("", text)


def _read_utf8(values: Values, field: str, *, most: int) -> str | None:
    given = values.get(field)
    if given is None:
        return None
    if not isinstance(given, str):
        raise BadField(field, given, "text")
    if _NOT_UTF8.search(given):
        raise BadField(field, given, "text in UTF-8")
    text = given.strip()
    if len(text) > most:
        raise BadField(field, f"{len(text)} characters: {text}", f"at most {most} characters")
    return text or None


def read_name(values: Values, field: str) -> str:
    name = read_text(values, field, most=NAME_CHARACTERS)
    if name is None:
        raise BadField(field, "", f"a name of 1 to {NAME_CHARACTERS} characters")
    if "\n" in name:
        raise BadField(field, name, "a name on one line")
    return name


def read_app_id(values: Values, field: str) -> str:
    given = values.get(field)
    if not isinstance(given, str) or not _APP_ID.fullmatch(given):
        raise BadField(
            field, "" if given is None else given, "1 to 128 letters, digits or any of . _ : @ ~ -"
        )
    return given


def read_label(values: Values, field: str) -> str | None:
    return read_text(values, field, most=LABEL_CHARACTERS)


def read_number(values: Values, field: str, *, low: float, high: float) -> float | None:
    given = values.get(field)
    if given is None or given == "":
        return None
    allowed = f"a number from {low:g} to {high:g}"
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise BadField(field, given, allowed)
    try:
        number = float(given)
    except (ValueError, OverflowError) as error:
        raise BadField(field, given, allowed) from error
    if not low <= number <= high:  # nor is NaN
        raise BadField(field, given, allowed)
    return number


def read_count(values: Values, field: str) -> int | None:
    # A column of counts with gaps comes out of many tools as 12.0.
    number = read_number(values, field, low=0, high=1e15)
    if number is None:
        return None
    if not number.is_integer():
        raise BadField(field, values.get(field), "a whole number")
    return int(number)


def read_pricing(values: Values, field: str) -> Pricing | None:
    given = read_label(values, field)
    if given is None:
        return None
    try:
        return Pricing(given.lower())
    except ValueError as error:
        raise BadField(field, given, ", ".join(Pricing)) from error


def read_features(values: Values, field: str) -> tuple[str, ...]:
    """A list, or text with a semicolon between features; each once, in the order given."""
    given = values.get(field)
    listed = given.split(";") if isinstance(given, str) else ([] if given is None else given)
    if not isinstance(listed, list):
        raise BadField(field, given, "a list of texts, or texts with a semicolon between them")
    features = [read_label({field: item}, field) for item in listed]
    if len(features) > MOST_FEATURES:
        raise BadField(field, f"{len(features)} features", f"at most {MOST_FEATURES}")
    return tuple(dict.fromkeys(feature for feature in features if feature is not None))


def read_flag(values: Values, field: str) -> bool:
    given = values.get(field)
    if given is None or isinstance(given, bool):
        return bool(given)
    text = str(given).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise BadField(field, given, "true or false")
