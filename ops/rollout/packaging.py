"""The published embeddings as a model package, for a platform that has trained no model yet."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from kindred_aws.artefact_store import ArtefactStore

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_sagemaker import SageMakerClient

_JSON = ["application/json", "application/jsonlines"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Where models lie, and how they are registered and run."""

    training_bucket: str
    package_group: str
    image: str


def register(
    store: ArtefactStore,
    version: str,
    *,
    registry: Registry,
    files: S3Client,
    sagemaker: SageMakerClient,
    approve: bool,
) -> str:
    """The package's ARN. Raises ArtefactNotFound, ClientError."""
    with tempfile.TemporaryDirectory(prefix="model-") as scratch:
        folder = store.download(version, Path(scratch) / "artefact")
        archive = archive_of(folder, Path(scratch) / "model.tar.gz")
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        key = f"models/published-{version}-{digest[:12]}/model.tar.gz"
        if not _is_there(files, registry.training_bucket, key):
            files.upload_file(str(archive), registry.training_bucket, key)
    answer = sagemaker.create_model_package(
        ModelPackageGroupName=registry.package_group,
        ModelPackageDescription=f"The published embeddings {version}, as they are",
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [
                {
                    "Image": registry.image,
                    "ModelDataUrl": f"s3://{registry.training_bucket}/{key}",
                }
            ],
            "SupportedContentTypes": _JSON,
            "SupportedResponseMIMETypes": _JSON,
        },
    )
    arn = answer["ModelPackageArn"]
    if approve:
        # By itself: what waits for a package waits for its approval to change.
        sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    return arn


def archive_of(folder: Path, archive: Path) -> Path:
    """The same bytes for the same files, whenever they were made and whoever has them."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            member = tarfile.TarInfo(str(path.relative_to(folder)))
            member.size, member.mode = path.stat().st_size, 0o644
            with path.open("rb") as content:
                tar.addfile(member, content)
    return archive


def _is_there(files: S3Client, bucket: str, key: str) -> bool:
    try:
        files.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True
