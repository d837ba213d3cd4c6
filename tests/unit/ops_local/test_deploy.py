"""Finding what a deployment needs and gives."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ops.local.assembly import Stack
from ops.local.assets import upload_assets
from ops.local.bootstrap import certificate_parameters
from ops.local.commands_to_try import app_commands, experiment_commands, token_command
from ops.local.deploy import Deployed, local_api_url
from ops.local.deployment import DeploymentFailed
from ops.local.settings import LocalSettings


class FakeBucket:
    """Objects by key."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts: list[str] = []

    def list_objects_v2(self, *, Prefix: str, **_: Any) -> dict[str, int]:
        return {"KeyCount": int(Prefix in self.objects)}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:
        self.objects[Key] = Body
        self.puts.append(Key)


def _stack(folder: Path, **template: Any) -> Stack:
    """With its template, and a folder of two files, as assets."""
    (folder / "t.json").write_text(json.dumps({"Resources": {}, **template}))
    (folder / "handler" / "sub").mkdir(parents=True)
    (folder / "handler" / "a.py").write_text("1")
    (folder / "handler" / "sub" / "b.py").write_text("2")

    def asset(path: str, packaging: str, key: str) -> dict[str, Any]:
        destination = {"bucketName": "b-${AWS::Region}", "objectKey": key}
        source = {"path": path, "packaging": packaging}
        return {"source": source, "destinations": {"d": destination}}

    files = {"1": asset("t.json", "file", "t1.json"), "2": asset("handler", "zip", "h.zip")}
    (folder / "assets.json").write_text(json.dumps({"files": files}))
    return Stack("Kindred", folder / "t.json", (folder / "assets.json",), "Kindred", "us-east-1")


def _upload(bucket: FakeBucket, stack: Stack) -> str:
    return upload_assets(bucket, stack, account="1", region="us-east-1")  # type: ignore[arg-type]


def test_a_template_is_uploaded_byte_for_byte(tmp_path: Path) -> None:
    bucket, stack = FakeBucket(), _stack(tmp_path)

    url = _upload(bucket, stack)

    assert url == "https://s3.us-east-1.amazonaws.com/b-us-east-1/t1.json"
    assert bucket.objects["t1.json"] == stack.template_file.read_bytes()


def test_a_folder_is_zipped_the_same_way_every_time(tmp_path: Path) -> None:
    bucket, again, stack = FakeBucket(), FakeBucket(), _stack(tmp_path)
    _upload(bucket, stack)
    _upload(again, stack)

    assert bucket.objects["h.zip"] == again.objects["h.zip"]
    archive = zipfile.ZipFile(io.BytesIO(bucket.objects["h.zip"]))
    assert archive.namelist() == ["a.py", "sub/b.py"]


def test_an_asset_that_is_there_is_not_uploaded_again(tmp_path: Path) -> None:
    bucket, stack = FakeBucket(), _stack(tmp_path)
    _upload(bucket, stack)
    bucket.puts.clear()
    _upload(bucket, stack)

    assert "h.zip" not in bucket.puts


def test_templates_say_where_they_expect_a_certificate(tmp_path: Path) -> None:
    name = "/kindred/local/internal-certificate-arn"
    parameters = {"A": {"Default": name}, "B": {"Default": "/cdk-bootstrap/x/version"}, "C": {}}

    assert certificate_parameters([_stack(tmp_path, Parameters=parameters)]) == {name}


def test_an_apis_address_on_aws_becomes_the_emulators() -> None:
    aws = "https://a1b2c3.execute-api.us-east-1.amazonaws.com/public/"

    assert (
        local_api_url(aws, emulator_url="http://127.0.0.1:4566")
        == "http://127.0.0.1:4566/_aws/execute-api/a1b2c3/public/"
    )


def test_an_output_that_no_stack_has_is_named() -> None:
    with pytest.raises(DeploymentFailed, match="ApiUrl"):
        Deployed({}, {}).output("ApiUrl")


def test_commands_survive_a_name_with_quotes() -> None:
    app = {"app_id": "apple-1", "app_name": "Bob's Photos"}

    similar, predict, search = app_commands("http://localhost/", "key", app)

    assert '{"app_id": "apple-1", "partner_id": "demo", "top_k": 5}' in similar
    assert "api/v1/predict" in predict
    assert "q=Bob%27s" in search


def test_experiments_are_asked_for_with_a_token_and_flags_without(tmp_path: Path) -> None:
    settings = LocalSettings(root=Path("/a place/kindred"), state=tmp_path)

    experiments, flags, features = experiment_commands(
        "http://localhost/", "key", client_key="sdk-1", token_command=token_command(settings)
    )

    assert "'/a place/kindred/.venv/bin/kindred' local token" in experiments
    assert "authorization: Bearer $(" in experiments
    assert "x-api-key" not in experiments
    assert "x-api-key: key" in flags
    assert features == "curl -s http://localhost/api/features/sdk-1"
