"""Athena's UNLOAD statement: what it selects, where to, and how it is written. Pure.

Source: Amazon Athena User Guide, "UNLOAD".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BEGINNING = re.compile(r"\s*unload\s*\(", re.IGNORECASE)
_ENDING = re.compile(
    r"\)\s*to\s*'(?P<target>s3://[^']+)'\s*(?:with\s*\((?P<options>[^()]*)\)\s*)?;?\s*",
    re.IGNORECASE,
)
_OPTION = re.compile(r"\s*(?P<name>\w+)\s*=\s*'(?P<value>[^']*)'\s*")
FORMATS = ("JSON", "PARQUET")
# What Athena writes without being told otherwise.
DEFAULT_COMPRESSION = "GZIP"
EXTENSIONS = {"GZIP": ".gz", "NONE": "", "SNAPPY": ".snappy"}


class UnloadRefused(Exception):
    """A statement that Athena, or the laptop, does not take."""


@dataclass(frozen=True, slots=True)
class Unload:
    """A query and where its rows go: `target` is an S3 address that ends with a slash."""

    query: str
    target: str
    format: str
    compression: str

    @property
    def extension(self) -> str:
        """Of each object's name."""
        return EXTENSIONS[self.compression] if self.format == "JSON" else ""


def read_unload(statement: str) -> Unload | None:
    """None for another statement. Raises UnloadRefused."""
    beginning = _BEGINNING.match(statement)
    if beginning is None:
        return None
    ending = next(
        (
            found
            for found in _ENDING.finditer(statement, beginning.end())
            if found.end() == len(statement)
        ),
        None,
    )
    if ending is None:
        raise UnloadRefused("UNLOAD needs `(query) TO 's3://...' WITH (format = '...')`")
    options = _options(ending["options"] or "")
    form = options.pop("format", "").upper()
    if form not in FORMATS:
        raise UnloadRefused(f"format: given {form!r}, the laptop writes {', '.join(FORMATS)}")
    compression = options.pop("compression", DEFAULT_COMPRESSION).upper()
    if compression not in EXTENSIONS or (form, compression) == ("JSON", "SNAPPY"):
        raise UnloadRefused(
            f"compression: given {compression!r}, the laptop writes {', '.join(EXTENSIONS)}"
        )
    if options:
        raise UnloadRefused(f"the laptop does not know the options {', '.join(sorted(options))}")
    target = ending["target"].rstrip("/") + "/"
    return Unload(statement[beginning.end() : ending.start()], target, form, compression)


def _options(text: str) -> dict[str, str]:
    found = {}
    for part in filter(str.strip, text.split(",")):
        option = _OPTION.fullmatch(part)
        if option is None:
            raise UnloadRefused(f"an option is `name = 'value'`, given {part.strip()}")
        found[option["name"].lower()] = option["value"]
    return found
