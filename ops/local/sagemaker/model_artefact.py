"""Fetch a model's archive with its execution role, and unpack it where its process finds it."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import boto3

LARGEST_BYTES = 2 * 1024**3


class ArtefactRefused(ValueError):
    """An archive that SageMaker would not unpack."""


def fetch_model(session: boto3.Session, url: str, *, under: Path) -> Path:
    """The folder of the unpacked `model.tar.gz`; another fetch of the same content finds it there.

    Raises botocore's ClientError, OSError, and ArtefactRefused.
    """
    where = urlsplit(url)
    if where.scheme != "s3" or not where.netloc:
        raise ArtefactRefused(f"ModelDataUrl is s3://bucket/key, not {url}")
    answer = session.client("s3").get_object(Bucket=where.netloc, Key=where.path.lstrip("/"))
    under.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(f"{url} {answer['ETag']}".encode()).hexdigest()[:16]
    folder = under / name
    if folder.exists():
        return folder
    if answer["ContentLength"] > LARGEST_BYTES:
        raise ArtefactRefused(f"{url} is larger than {LARGEST_BYTES} bytes")
    archive, partial = under / f"{name}.tar.gz", under / f"{name}.partial"
    with archive.open("wb") as file:
        shutil.copyfileobj(answer["Body"], file)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with tarfile.open(archive, "r:gz") as content:
            content.extractall(partial, filter="data")
    except tarfile.TarError as error:
        raise ArtefactRefused(f"{url}: {error}") from error
    finally:
        archive.unlink()
    partial.replace(folder)
    return folder
