"""A report as mail carries it: a subject, and text in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# SNS's own limits, of a subject and of a message with room for its envelope.
_LONGEST_SUBJECT = 100
_LONGEST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Report:
    subject: str
    text: str


def report(subject: str, paragraphs: Sequence[str]) -> Report:
    """SNS takes a subject of ASCII characters in one line; empty paragraphs are left out."""
    plain = " ".join(subject.encode("ascii", "replace").decode().split())
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return Report(plain[:_LONGEST_SUBJECT], text[:_LONGEST_TEXT])


def table(rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def change(now: float | None, before: float | None) -> str:
    """Of a figure against an earlier one: "+12 %", or nothing where one is not known."""
    if now is None or not before:
        return ""
    return f"{100 * (now - before) / before:+.0f} %"
