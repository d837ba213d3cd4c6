"""Both containers as processes, from the source tree, and their image as far as it can be read."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embedding_training.settings import Folders

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "training_src" / "Dockerfile"
# With what a machine says of its BLAS: other kernels sum in another order.
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'training_src'}:{ROOT / 'core_src'}"}
pytestmark = pytest.mark.slow


def start(container: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", container],
        env=ENVIRONMENT | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_training_interrupted_by_sigterm_ends_with_the_same_bytes(
    trained: Folders, tmp_path: Path
) -> None:
    shutil.copytree(trained.root / "input", tmp_path / "input")
    first = start("embedding_training", SM_ROOT=str(tmp_path))
    assert first.stdout is not None
    for line in first.stdout:
        if line.startswith("epoch 1:"):
            first.send_signal(signal.SIGTERM)
            break
    assert first.wait(60) == 128 + signal.SIGTERM
    assert not (tmp_path / "model").exists()

    second = start("embedding_training", SM_ROOT=str(tmp_path))
    output, _ = second.communicate(timeout=120)

    assert second.returncode == 0, output
    assert re.search(r"taken up after epoch \d", output)
    assert re.search(r"\brecall_at_10=0\.\d+", output)
    for path in trained.model.rglob("*.*"):
        assert (tmp_path / "model" / path.relative_to(trained.model)).read_bytes() == (
            path.read_bytes()
        ), path.name


def test_inference_serves_until_sigterm(trained: Folders) -> None:
    port = free_port()
    process = start(
        "embedding_inference",
        SM_MODEL_DIR=str(trained.model),
        SAGEMAKER_BIND_TO_PORT=str(port),
        HOST="127.0.0.1",
    )
    try:
        connection = connect(port, process)
        connection.request(
            "POST",
            "/invocations",
            json.dumps({"features": {"name": "Budget"}, "top_k": 3}),
            {"content-type": "application/json"},
        )
        answer = json.loads(connection.getresponse().read())
        assert len(answer["predictions"]) == 3
        connection.close()
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=30)
    assert json.loads(output.splitlines()[0])["message"] == "serving"
    assert "Traceback" not in output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_what_answers_requests_is_not_root(trained: Folders) -> None:
    """The model is root's alone: it was opened before."""
    port = free_port()
    process = start(
        "embedding_inference",
        SM_MODEL_DIR=str(trained.model),
        SAGEMAKER_BIND_TO_PORT=str(port),
        HOST="127.0.0.1",
        SERVE_AS_USER="10001",
    )
    try:
        connection = connect(port, process)
        query = json.dumps({"features": {"name": "Budget"}})
        connection.request("POST", "/invocations", query, {"content-type": "application/json"})
        assert connection.getresponse().status == 200
        connection.close()
        status = Path(f"/proc/{process.pid}/status").read_text()
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert re.findall(r"^[UG]id:\s+(.*)$", status, re.MULTILINE) == ["10001\t" * 3 + "10001"] * 2


def connect(port: int, process: subprocess.Popen[str]) -> http.client.HTTPConnection:
    """Once `/ping` answers 200, as SageMaker waits for it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/ping")
            answer = connection.getresponse()
        except ConnectionError:
            os.sched_yield()  # the other process may go on
            continue
        assert (answer.status, answer.read()) == (200, b"")
        return connection
    raise AssertionError("it never answered")


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        pytest.param({"SM_MODEL_DIR": "/nowhere"}, "manifest.json", id="no model"),
        pytest.param({"SAGEMAKER_BIND_TO_PORT": "web"}, "allowed: 1 to 65535", id="no port"),
    ],
)
def test_a_container_with_nothing_to_serve_says_so_in_one_line(
    environment: dict[str, str], reason: str
) -> None:
    process = start("embedding_inference", **environment)
    output, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    [line] = output.splitlines()
    assert reason in json.loads(line)["reason"]


def test_hadolint_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    result = subprocess.run([linter, DOCKERFILE], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout) == (0, "")


def test_the_packages_of_the_image_are_locked_like_the_project() -> None:
    def pins(path: Path) -> set[str]:
        return set(re.findall(r"^[\w.-]+==[^ ]+", path.read_text(), flags=re.MULTILINE))

    image = pins(ROOT / "training_src" / "requirements.txt")
    assert image
    assert image <= pins(ROOT / "requirements.txt")


@pytest.mark.parametrize("container", ["embedding_training", "embedding_inference"])
def test_the_image_holds_all_that_its_container_imports(container: str, tmp_path: Path) -> None:
    for source, target in re.findall(
        r"^COPY ((?:core|training)_src/\S+) /srv/(\S+)$", DOCKERFILE.read_text(), re.MULTILINE
    ):
        copied = source.replace("${CONTAINER}", container)
        shutil.copytree(
            ROOT / copied,
            tmp_path / target.replace("${CONTAINER}", container),
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    uv, venv = Path(sys.executable).with_name("uv"), tmp_path / "opt"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
    lock = ROOT / "training_src" / "requirements.txt"
    install = [uv, "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
    subprocess.run([*install, "--python", venv / "bin" / "python", "-r", lock], check=True)

    result = subprocess.run(
        [venv / "bin" / "python", "-c", f"import {container}.__main__"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
