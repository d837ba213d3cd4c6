"""README says where each section of the requirements is met: all of them, by files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADING = "## Where each requirement is met"
DESIGN = [
    *("1.1", "1.2", "1.3", "2.1", "2.2", "3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3"),
    *("5.1", "5.2", "5.3", "5.4", "6.1", "6.2", "6.3", "6.4", "6.5"),
    *("7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "8.1", "8.2", "8.3", "8.4", "9.1", "9.2", "10"),
]
NUMBERED = {
    "The technical design": DESIGN,
    "Canary deployment of models": [*(f"Flow {n}," for n in range(1, 6)), "1", "2", "3", "4"],
    "Compute and cost": ["1", "2", "3", "4"],
    "Infrastructure": [*map(str, range(1, 10)), "Recovery 1 to 4", "Improvements 1 to 6"],
    "Experimentation on AWS": [],
}


@pytest.fixture(scope="module")
def tables():
    section = (ROOT / "README.md").read_text("utf-8").partition(HEADING)[2].partition("\n## ")[0]
    named = re.split(r"^\*\*(.+?)\*\*", section, flags=re.MULTILINE)[1:]
    return {
        name: [line.split("|")[1:-1] for line in text.splitlines() if line.startswith("| ")][1:]
        for name, text in zip(named[::2], named[1::2], strict=True)
    }


@pytest.mark.parametrize("document", NUMBERED)
def test_every_numbered_section_has_a_row(tables, document):
    sections = [row[0].strip() for row in tables[document]]

    for number in NUMBERED[document]:
        assert any(section.startswith(f"{number} ") or section == number for section in sections)


@pytest.mark.parametrize("document", NUMBERED)
def test_every_file_that_a_row_names_is_there(tables, document):
    text = "".join(cell for row in tables[document] for cell in row)
    named = re.findall(r"`([\w.-]+(?:/[\w.-]+)+|\w+\.py)`", text) + re.findall(r"\]\((.+?)\)", text)

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", NUMBERED)
def test_what_no_test_holds_says_that_it_is_open(tables, document):
    for _, met, held in tables[document]:
        assert "`tests/" in held or "*open" in met
