"""One repository of ECR: manifests and layers by digest, and what scans of them have found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
from botocore.exceptions import ClientError

from ops.delivery.manifests import IMAGES, INDEXES, Manifest

TIMEOUT_SECONDS = 60.0


class ImageMissing(Exception):
    """A repository has no image of that digest."""


class TagTaken(Exception):
    """A tag that never moves already names another image."""


class EcrRepository:
    """`client` is boto3's for ECR, in the account and region of the repository."""

    def __init__(self, client: Any, name: str, *, http: httpx.Client | None = None) -> None:
        self._client = client
        self.name = name
        self._http = http or httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=True)

    def manifest(self, digest: str) -> Manifest:
        """Raises ImageMissing."""
        answer = self._client.batch_get_image(
            repositoryName=self.name,
            imageIds=[{"imageDigest": digest}],
            acceptedMediaTypes=[*INDEXES, *IMAGES],
        )
        if not answer["images"]:
            raise ImageMissing(f"{self.name} has no image {digest}")
        image = answer["images"][0]
        return Manifest(text=image["imageManifest"], media_type=image["imageManifestMediaType"])

    def put(self, manifest: Manifest, *, tag: str | None = None) -> None:
        """ECR refuses a manifest whose digest differs. Raises TagTaken."""
        given = {"imageTag": tag} if tag else {}
        try:
            self._client.put_image(
                repositoryName=self.name,
                imageManifest=manifest.text,
                imageManifestMediaType=manifest.media_type,
                imageDigest=manifest.digest,
                **given,
            )
        except ClientError as error:
            match error.response["Error"]["Code"]:
                case "ImageAlreadyExistsException":
                    return
                case "ImageTagAlreadyExistsException":
                    raise TagTaken(f"{self.name}: tag {tag} names another image") from error
                case _:
                    raise

    def missing_blobs(self, digests: tuple[str, ...]) -> tuple[str, ...]:
        answer = self._client.batch_check_layer_availability(
            repositoryName=self.name, layerDigests=list(dict.fromkeys(digests))
        )
        present = {
            layer["layerDigest"]
            for layer in answer["layers"]
            if layer["layerAvailability"] == "AVAILABLE"
        }
        return tuple(digest for digest in dict.fromkeys(digests) if digest not in present)

    def read_blob(self, digest: str, *, part_bytes: int) -> Iterator[bytes]:
        url = self._client.get_download_url_for_layer(repositoryName=self.name, layerDigest=digest)[
            "downloadUrl"
        ]
        with self._http.stream("GET", url) as answer:
            answer.raise_for_status()
            yield from answer.iter_bytes(part_bytes)

    def copy_blob(self, digest: str, source: EcrRepository) -> None:
        """ECR compares what came with the digest when it is complete."""
        begun = self._client.initiate_layer_upload(repositoryName=self.name)
        upload = begun["uploadId"]
        at = 0
        for part in source.read_blob(digest, part_bytes=begun["partSize"]):
            self._client.upload_layer_part(
                repositoryName=self.name,
                uploadId=upload,
                partFirstByte=at,
                partLastByte=at + len(part) - 1,
                layerPartBlob=part,
            )
            at += len(part)
        self._client.complete_layer_upload(
            repositoryName=self.name, uploadId=upload, layerDigests=[digest]
        )

    def scan(self, digest: str) -> tuple[str, list[dict[str, Any]]]:
        """How far the scan of one image is, and all that it has found."""
        pages = self._client.get_paginator("describe_image_scan_findings")
        found: list[dict[str, Any]] = []
        status = "PENDING"
        try:
            for page in pages.paginate(repositoryName=self.name, imageId={"imageDigest": digest}):
                status = page["imageScanStatus"]["status"]
                findings = page.get("imageScanFindings", {})
                found += findings.get("findings", []) or findings.get("enhancedFindings", [])
        except self._client.exceptions.ScanNotFoundException:
            return "PENDING", []
        return status, found
