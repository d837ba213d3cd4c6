"""Where a local platform keeps its files and which ports it takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

REGION = "us-east-1"
ACCOUNT = "000000000000"
LOOPBACK = "127.0.0.1"
EMULATOR_PORT = 4566
START_PORT = 4510
CACHE_PORT = 6380


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """One platform; a second one beside it needs another state directory and other ports."""

    root: Path
    state: Path
    emulator_port: int = EMULATOR_PORT
    start_port: int = START_PORT
    cache_port: int = CACHE_PORT

    @property
    def ports(self) -> dict[str, int]:
        return {
            "emulator_port": self.emulator_port,
            "start_port": self.start_port,
            "cache_port": self.cache_port,
        }

    @property
    def emulator_url(self) -> str:
        return f"http://{LOOPBACK}:{self.emulator_port}"

    @property
    def start_url(self) -> str:
        return f"http://{LOOPBACK}:{self.start_port}"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def earlier_logs(self) -> Path:
        """Those of the platform before, until the next one starts."""
        return self.state / "earlier-logs"

    @property
    def scratch(self) -> Path:
        """Temporary files of every process; they go when the platform goes."""
        return self.state / "tmp"

    @property
    def platform_file(self) -> Path:
        """What others read: addresses, key, processes."""
        return self.state / "platform.json"

    @property
    def deployment_file(self) -> Path:
        """What `up` found out by deploying; the runner starts services once it is there."""
        return self.state / "deployment.json"

    @property
    def ports_file(self) -> Path:
        """The ports that a running platform took."""
        return self.state / "ports.json"

    @property
    def failure_file(self) -> Path:
        """Why the last platform went down by itself."""
        return self.state / "failure.json"

    @property
    def operator_file(self) -> Path:
        """Credentials of the operator in the emulated account, readable by the owner only."""
        return self.state / "operator.json"

    @property
    def cache_users_file(self) -> Path:
        """The deployed templates' cache users, written by the emulator, read by the cache."""
        return self.state / "cache-users.json"

    @property
    def authority_file(self) -> Path:
        """The local certificate authority's certificate, which services trust."""
        return self.state / "authority.pem"
