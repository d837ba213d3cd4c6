"""A training job's folder as containers find it under `/opt/ml`.

Source: Amazon SageMaker Developer Guide, "How Amazon SageMaker AI Provides Training Information".
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

OPT_ML = "/opt/ml"
CHECKPOINTS = f"{OPT_ML}/checkpoints"
HOST = "algo-1"
LONGEST_FAILURE = 1024


class TrainingFolder:
    """Made anew for each attempt of a job."""

    def __init__(self, root: Path, asked: Mapping[str, Any]) -> None:
        self.root = root
        local = asked.get("CheckpointConfig", {}).get("LocalPath", CHECKPOINTS)
        self.checkpoints = root / Path(local).relative_to(OPT_ML)
        for folder in (self.checkpoints, self.model, self.output_data, root / "input/config"):
            folder.mkdir(parents=True, exist_ok=True)
        channels = asked.get("InputDataConfig", [])
        instance = asked["ResourceConfig"].get("InstanceType")
        self._write("hyperparameters", asked.get("HyperParameters", {}))
        self._write("inputdataconfig", {held["ChannelName"]: _channel(held) for held in channels})
        self._write(
            "resourceconfig",
            {"current_host": HOST, "hosts": [HOST], "current_instance_type": instance},
        )

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def output_data(self) -> Path:
        return self.root / "output" / "data"

    def channel(self, name: str) -> Path:
        folder = self.root / "input" / "data" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def failure(self) -> str:
        """What the container wrote of why it failed; empty when it wrote nothing."""
        try:
            text = (self.root / "output" / "failure").read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return text.strip()[:LONGEST_FAILURE]

    def pack(self, folder: Path, name: str) -> Path:
        """The folder's content as an archive beside it."""
        archive = self.root / name
        with tarfile.open(archive, "w:gz") as packed:
            for path in sorted(folder.rglob("*")):
                packed.add(path, str(path.relative_to(folder)), recursive=False)
        return archive

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        (self.root / "input" / "config" / f"{name}.json").write_text(json.dumps(content))


def _channel(held: Mapping[str, Any]) -> dict[str, str]:
    return {
        "TrainingInputMode": held.get("InputMode", "File"),
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": held.get("RecordWrapperType", "None"),
        **({"ContentType": held["ContentType"]} if "ContentType" in held else {}),
    }
