"""Reading a cloud assembly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.local.assembly import AssemblyMissing, file_assets, image_assets, read_assembly


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def _stack(name: str, *dependencies: str) -> dict[str, Any]:
    return {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/us-east-1",
        "properties": {"templateFile": f"{name}.template.json", "stackName": f"Kindred-{name}"},
        "dependencies": [*dependencies, f"{name}.assets"],
    }


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """Api needs Data, written in the other order; both in a nested assembly."""
    nested = tmp_path / "assembly-Kindred"
    directory = {"directoryName": nested.name}
    _write(
        tmp_path / "manifest.json",
        {"artifacts": {"nested": {"type": "cdk:cloud-assembly", "properties": directory}}},
    )
    artifacts: dict[str, Any] = {"Api": _stack("Api", "Data"), "Data": _stack("Data")}
    for name in ("Api", "Data"):
        file = {"file": f"{name}.assets.json"}
        artifacts[f"{name}.assets"] = {"type": "cdk:asset-manifest", "properties": file}
        _write(nested / f"{name}.template.json", {"Resources": {}})
        _write(nested / f"{name}.assets.json", {"files": {}})
    _write(nested / "manifest.json", {"artifacts": artifacts})
    _write(
        nested / "Api.assets.json",
        {
            "files": {
                "h": {
                    "source": {"path": "Api.template.json", "packaging": "file"},
                    "destinations": {
                        "d": {
                            "bucketName": "assets-${AWS::AccountId}-${AWS::Region}",
                            "objectKey": "h.json",
                        }
                    },
                }
            },
            "dockerImages": {
                "i": {
                    "source": {"directory": "../asset.i"},
                    "destinations": {"d": {"imageTag": "i"}},
                }
            },
        },
    )
    return tmp_path


def test_stacks_come_after_those_they_need(assembly: Path) -> None:
    assert [stack.name for stack in read_assembly(assembly)] == ["Kindred-Data", "Kindred-Api"]


def test_assets_are_found_with_account_and_region_filled_in(assembly: Path) -> None:
    api = read_assembly(assembly)[1]

    [asset] = file_assets(api, account="123456789012", region="eu-west-1")

    assert asset.bucket == "assets-123456789012-eu-west-1"
    assert asset.source == api.template_file


def test_an_image_is_its_build_context(assembly: Path) -> None:
    [image] = image_assets(read_assembly(assembly)[1])

    assert (image.tag, image.context) == ("i", assembly / "asset.i")


def test_a_missing_assembly_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(AssemblyMissing, match="make synth ENV=local"):
        read_assembly(tmp_path)
