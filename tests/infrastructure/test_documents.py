"""What the documents show of the templates is what the templates hold."""

from __future__ import annotations

from pathlib import Path

from ops.architecture import picture, read_templates, replaced
from tests.infrastructure.synthesized import ROOT


def test_the_picture_of_the_architecture_is_fresh(assembly: Path) -> None:
    document = (ROOT / "docs" / "architecture.md").read_text()
    drawn = picture(read_templates(assembly / "assembly-Kindred-prod"))

    assert replaced(document, drawn) == document, "stale: make synth ENV=prod, kindred architecture"
