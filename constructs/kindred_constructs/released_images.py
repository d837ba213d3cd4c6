"""Images that a release has built, named by their digests where a stack would build them."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk

from kindred_constructs.bootstrap_roles import QUALIFIER


class ReleasedImages(cdk.DefaultStackSynthesizer):
    """Every image asset becomes the digest that was built of the same sources.

    `digests` are by source hash, which covers the build context, the Dockerfile, its arguments and
    the processor. An asset that is not among them is in `missing`, and the assembly is no release.
    The digests lie in the bootstrap's own repository of the account, where they are promoted to;
    the assembly holds no image asset, so that a deployment builds nothing and needs no Docker.
    """

    def __init__(self, digests: Mapping[str, str]) -> None:
        super().__init__()
        self._digests = dict(digests)
        self.missing: list[str] = []

    # The library calls with one struct, where its signature for Python has keywords.
    def add_docker_image_asset(  # type: ignore[override]
        self, asset: cdk.DockerImageAssetSource
    ) -> cdk.DockerImageAssetLocation:
        digest = self._digests.get(asset.source_hash)
        if digest is None:
            arguments = " ".join((asset.docker_build_args or {}).values())
            self.missing.append(f"{asset.docker_file} {arguments} ({asset.source_hash})")
        repository = f"cdk-{QUALIFIER}-container-assets-${{AWS::AccountId}}-${{AWS::Region}}"
        registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
        return cdk.DockerImageAssetLocation(
            repository_name=cdk.Fn.sub(repository),
            image_uri=cdk.Fn.sub(f"{registry}/{repository}@{digest}"),
        )
