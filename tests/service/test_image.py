"""The image's steps, as far as they can be run without a container engine.

What is not run here: the base image, `useradd`, the image's own user and its Python 3.13.
"""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "service_src" / "Dockerfile"
# Each with the lock that its image is built from, and what it needs first of all.
SERVICES = {
    "similarity_service": ("requirements.txt", "EMBEDDINGS_BUCKET"),
    "prediction_service": ("requirements.txt", "EMBEDDINGS_BUCKET"),
    "experiments_service": ("experiments_service/requirements.txt", "DATABASE_URL"),
}
IMAGE_USER = "10001"


def instructions():
    """Name and argument of every instruction, in order, with continued lines joined."""
    lines = [line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, argument = line.strip().partition(" ")
            yield name, " ".join(argument.split())


def final_stage():
    steps = list(instructions())
    start = max(i for i, (name, _) in enumerate(steps) if name == "FROM")
    return steps[start:]


def arguments_of(name):
    return [argument for step, argument in final_stage() if step == name]


def test_hadolint_finds_nothing():
    linter = Path(sys.executable).with_name("hadolint")
    result = subprocess.run([linter, DOCKERFILE], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout) == (0, "")


def test_the_image_runs_as_a_numbered_user_that_is_not_root():
    assert arguments_of("USER") == [IMAGE_USER]


def test_the_final_stage_installs_nothing_and_loses_its_installer():
    commands = " ".join(arguments_of("RUN"))

    assert not re.search(r"\b(pip install|apt-get|curl|wget|gcc)\b", commands)
    assert "pip uninstall --yes pip" in commands


@pytest.mark.parametrize("lock", sorted({lock for lock, _ in SERVICES.values()}))
def test_the_packages_of_the_image_are_locked_like_the_project(lock):
    def pins(path):
        return set(re.findall(r"^[\w.-]+==[^ ]+", path.read_text(), flags=re.MULTILINE))

    image = pins(ROOT / "service_src" / lock)
    assert image
    assert image <= pins(ROOT / "requirements.txt")


def test_the_image_trusts_who_signs_the_databases_certificates():
    [source, target] = arguments_of("ADD")[0].split()[-2:]

    assert source.startswith("https://truststore.pki.rds.amazonaws.com/")
    assert f"DATABASE_CA_FILE={target}" in " ".join(arguments_of("ENV"))


@pytest.fixture(scope="module")
def interpreter_of(tmp_path_factory):
    """The build stage's virtual environment, from the same lock; services that share one, share
    the other."""

    @cache
    def make(lock):
        venv = tmp_path_factory.mktemp("image") / "opt"
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True)
        install = [uv, "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
        where = ["--python", venv / "bin" / "python"]
        subprocess.run([*install, *where, "-r", ROOT / "service_src" / lock], check=True)
        return venv / "bin" / "python"

    return make


@pytest.fixture(scope="module")
def bytecode(tmp_path_factory):
    """The image's is compiled when it is built; here, what is imported, by who imports it first."""
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture(scope="module", params=SERVICES)
def image(request, interpreter_of, bytecode, tmp_path_factory):
    """/srv as the COPY steps make it, and how to run something in it."""
    lock, _ = SERVICES[request.param]
    interpreter = interpreter_of(lock)
    srv = tmp_path_factory.mktemp(request.param) / "srv"
    for argument in arguments_of("COPY"):
        if argument.startswith("--from"):
            continue
        source, target = argument.replace("${SERVICE}", request.param).split()
        shutil.copytree(
            ROOT / source,
            srv / Path(target).relative_to("/srv"),
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    built = sorted(srv.rglob("*"))

    def run(command, **environment):
        """As in the container, whose root file system takes no writes."""
        result = subprocess.run(
            command,
            cwd=srv,
            env={
                "PATH": f"{interpreter.parent}:/usr/bin:/bin",
                "PYTHONPATH": str(srv),
                "PYTHONPYCACHEPREFIX": str(bytecode),
                "SERVICE": request.param,
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert sorted(srv.rglob("*")) == built
        return result

    return run


def test_the_image_holds_all_that_its_service_imports(image):
    imports = "import os, importlib; importlib.import_module(os.environ['SERVICE'] + '.main')"

    assert image(["python", "-c", imports]).stderr == ""


def test_a_container_without_its_settings_says_so_in_one_line_and_stops(image, request):
    command = json.loads(arguments_of("CMD")[-1])
    result = image(command)

    assert result.returncode == 1
    [line] = (result.stdout + result.stderr).splitlines()
    assert json.loads(line)["message"] == "cannot start"
    service = request.node.callspec.params["image"]
    assert f"{SERVICES[service][1]}: not set" in json.loads(line)["reason"]


def test_the_health_check_fails_where_nothing_answers(image):
    check = next(a for a in arguments_of("HEALTHCHECK"))
    command = json.loads(check[check.index("[") :])

    assert image(command, PORT="1").returncode == 1
