"""Checkpoints are copied while whoever trains writes them."""

import threading

import boto3
import pytest

from ops.local.sagemaker.job_objects import FolderCopy

# Seconds a file.
pytestmark = pytest.mark.slow
BUCKET = "bucket"
ROUNDS = 3_000


def test_a_folder_that_is_renamed_while_it_is_looked_at_is_no_failure(aws, tmp_path):
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket=BUCKET)
    copy = FolderCopy(s3, tmp_path, f"s3://{BUCKET}/checkpoints")

    def write():
        for _ in range(ROUNDS):
            (tmp_path / ".epoch").mkdir()
            (tmp_path / ".epoch").rename(tmp_path / "epoch")
            (tmp_path / "epoch").rmdir()

    writing = threading.Thread(target=write)
    writing.start()
    while writing.is_alive():
        copy.copy()
    (tmp_path / "epoch").mkdir()
    (tmp_path / "epoch" / "weights").write_bytes(b"w")
    copy.copy()

    assert s3.get_object(Bucket=BUCKET, Key="checkpoints/epoch/weights")["Body"].read() == b"w"
