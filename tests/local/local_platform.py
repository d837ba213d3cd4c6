"""A platform of the tests' own, beside whatever runs on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil

from kindred.privacy.generations import read_pseudonyms
from kindred.privacy.pseudonyms import Pseudonyms
from ops.local.child_process import STATE_MARK
from ops.local.operator_credentials import operator_environment
from ops.local.ports import free_port
from ops.local.settings import PORT_PURPOSES, REGION, LocalSettings
from ops.local.task_definitions import ServiceSpec

ROOT = Path(__file__).parents[2]
KINDRED = ROOT / ".venv" / "bin" / "kindred"
LONGEST_SECONDS = 120


@dataclass
class LocalPlatform:
    """Driven by the command line, as a person drives it."""

    state: Path
    assembly: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {
            f"--{name.replace('_', '-')}": free_port() for name in PORT_PURPOSES
        }
    )

    def run(self, verb: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [str(KINDRED), "local", verb, "--state-dir", str(self.state), *options]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
        )

    def up(self, *, assembly: Path | None = None) -> subprocess.CompletedProcess[str]:
        return self.run("up", *self.up_options(assembly))

    def up_options(self, assembly: Path | None = None) -> list[str]:
        ports = [text for name, port in self.ports.items() for text in (name, str(port))]
        return ["--json", "--generated", "--assembly", str(assembly or self.assembly), *ports]

    def start_up(self) -> subprocess.Popen[str]:
        """`up`, not waited for."""
        command = [str(KINDRED), "local", "up", "--state-dir", str(self.state), *self.up_options()]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def down(self) -> subprocess.CompletedProcess[str]:
        return self.run("down")

    def operate(self, *arguments: str) -> str:
        """What `kindred catalogue` or `kindred experiment` answers an operator of this platform."""
        command = [str(KINDRED), *arguments, "--environment", "local"]
        answer = subprocess.run(
            command,
            env={**os.environ, **operator_environment(self.settings)},
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_SECONDS,
        )
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    @property
    def settings(self) -> LocalSettings:
        return LocalSettings(
            root=ROOT,
            state=self.state,
            **{name: self.ports[f"--{name.replace('_', '-')}"] for name in PORT_PURPOSES},
        )

    @property
    def file(self) -> dict[str, Any]:
        """`platform.json`"""
        content: dict[str, Any] = json.loads((self.state / "platform.json").read_text())
        return content

    @property
    def outputs(self) -> dict[str, str]:
        """Of all stacks, by the names that the templates give them."""
        outputs: dict[str, str] = self.file["outputs"]
        return outputs

    def secret(self, output: str) -> dict[str, Any]:
        """The JSON of the secret whose ARN is in this output, read as the operator."""
        client = self.aws("secretsmanager")
        text = client.get_secret_value(SecretId=self.outputs[output])["SecretString"]
        content: dict[str, Any] = json.loads(text)
        return content

    def token(self, role: str, *options: str) -> str:
        """A fresh one, as a person gets it."""
        printed = self.run("token", "--role", role, *options)
        assert printed.returncode == 0, printed.stderr
        return printed.stdout.strip()

    def process(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(
            process
            for process in self.file["processes"]
            if process["name"] == name or process.get("service") == name
        )
        return found

    def kill(self, name: str) -> int:
        pid: int = self.process(name)["pid"]
        os.kill(pid, signal.SIGKILL)
        return pid

    def processes(self) -> list[int]:
        """Everything that carries this platform's mark."""
        return [
            process.pid for process in psutil.process_iter() if _mark(process) == str(self.state)
        ]

    def log(self, name: str) -> str:
        return (self.state / "logs" / f"{name}.log").read_text()

    @property
    def pseudonyms(self) -> Pseudonyms:
        return read_pseudonyms(json.dumps(self.secret("PseudonymSecretArn")))

    def client(self, **headers: str) -> httpx.Client:
        """The API as a partner reaches it."""
        given = {"x-api-key": self.file["api_key"], **headers}
        return httpx.Client(base_url=self.file["api_url"], headers=given, timeout=20)

    def session(self) -> boto3.Session:
        """The operator."""
        given = operator_environment(self.settings)
        return boto3.Session(
            given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], region_name=REGION
        )

    def aws(self, service: str, session: boto3.Session | None = None) -> Any:
        chosen: Any = session or self.session()
        return chosen.client(service, endpoint_url=self.settings.emulator_url)

    def task_session(self, spec: ServiceSpec) -> boto3.Session:
        """What the service's task may do, and nothing else."""
        answer = self.aws("sts").assume_role(RoleArn=spec.task_role_arn, RoleSessionName="test")
        held = answer["Credentials"]
        return boto3.Session(
            held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"], region_name=REGION
        )


def wait_until(true: Callable[[], bool], *, seconds: float = 30) -> None:
    """For something that another process does in its own time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(0.1)


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(STATE_MARK)
    except (psutil.Error, OSError):
        return None
