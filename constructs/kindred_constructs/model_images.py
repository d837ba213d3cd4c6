"""The images that train and serve models, of one Dockerfile.

For x86 whatever the services run on: training jobs and batch transforms have no Arm instances, and
an endpoint and a batch job run the same model.
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

_ROOT = Path(__file__).parents[2]
# Everything is left out of the build context but what the images are made of.
_EXCLUDE = ("*", "!core_src", "!training_src", "**/__pycache__", "**/*.pyc", "**/.*_cache")


class ModelImages(Construct):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.training = self._image("Training", "embedding_training")
        self.inference = self._image("Inference", "embedding_inference")

    def _image(self, construct_id: str, container: str) -> ecr_assets.DockerImageAsset:
        return ecr_assets.DockerImageAsset(
            self,
            construct_id,
            directory=str(_ROOT),
            file="training_src/Dockerfile",
            build_args={"CONTAINER": container},
            platform=ecr_assets.Platform.LINUX_AMD64,
            exclude=list(_EXCLUDE),
            ignore_mode=cdk.IgnoreMode.DOCKER,
        )
