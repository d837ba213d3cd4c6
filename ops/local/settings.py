"""Where a local platform keeps its files and which ports it takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

REGION = "us-east-1"
ACCOUNT = "000000000000"
LOOPBACK = "127.0.0.1"
EMULATOR_PORT = 4566
START_PORT = 4510
CACHE_PORT = 6380
DATABASE_PORT = 5433
SEARCH_PORT = 9243
SAGEMAKER_PORT = 4580
# Where OpenTelemetry's collectors listen.
TRACES_PORT = 4318
# Every port that a platform takes, and what for.
PORT_PURPOSES = MappingProxyType(
    {
        "emulator_port": "the emulator",
        "start_port": "the start page",
        "cache_port": "the cache",
        "database_port": "the database",
        "search_port": "the search domain's stand-in",
        "sagemaker_port": "the local SageMaker",
        "traces_port": "what keeps traces",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """One platform; a second one beside it needs another state directory and other ports."""

    root: Path
    state: Path
    emulator_port: int = EMULATOR_PORT
    start_port: int = START_PORT
    cache_port: int = CACHE_PORT
    database_port: int = DATABASE_PORT
    search_port: int = SEARCH_PORT
    sagemaker_port: int = SAGEMAKER_PORT
    traces_port: int = TRACES_PORT

    @property
    def ports(self) -> dict[str, int]:
        """Each port by its setting's name."""
        return {name: getattr(self, name) for name in PORT_PURPOSES}

    @property
    def emulator_url(self) -> str:
        return f"http://{LOOPBACK}:{self.emulator_port}"

    @property
    def sagemaker_url(self) -> str:
        """For the emulator and for faults; everybody else calls the emulator."""
        return f"http://{LOOPBACK}:{self.sagemaker_port}"

    @property
    def traces_url(self) -> str:
        return f"http://{LOOPBACK}:{self.traces_port}"

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
    def database_users_file(self) -> Path:
        """The deployed templates' databases and their master users, as the cache's users."""
        return self.state / "database-users.json"

    @property
    def users_file(self) -> Path:
        """People of the user pool and their generated passwords, readable by the owner only."""
        return self.state / "users.json"

    @property
    def outage_file(self) -> Path:
        """While it is there, the search domain's stand-in answers nobody."""
        return self.state / "search-outage"

    @property
    def sagemaker_file(self) -> Path:
        """What the local SageMaker runs: its models' processes, faults, and its minute."""
        return self.state / "sagemaker.json"

    @property
    def certificates(self) -> Path:
        """What the platform's servers prove themselves by."""
        return self.state / "certificates"

    @property
    def authority_file(self) -> Path:
        """The local certificate authority's certificate, which services trust."""
        return self.state / "authority.pem"
