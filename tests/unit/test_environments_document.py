"""The document of environments has a row for each key of their files."""

import re
from pathlib import Path

from stacks.environment import Environment

DOCUMENT = Path(__file__).parents[2] / "docs" / "environments.md"


def test_each_key_of_an_environment_is_documented_and_no_other():
    table, _, _ = DOCUMENT.read_text().partition("\n## ")
    keys = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)

    assert sorted(keys) == sorted(Environment.model_fields)
