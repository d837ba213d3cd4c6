"""The processes that stand for AWS's own: emulator, cache, database, search, models, traces."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ops.local.authority import issue_certificates
from ops.local.child_process import ChildProcess
from ops.local.emulator_environment import emulator_python
from ops.local.emulator_process import start_emulator
from ops.local.log_files import LogFile
from ops.local.operator_credentials import clean_environment

if TYPE_CHECKING:
    from ops.local.settings import LocalSettings

# Each is the module `ops.local.<name>` and listens on the port of that name. These speak TLS:
SPEAKING_TLS = ("cache", "database", "search")
# Whom only the emulator calls:
BEHIND_THE_EMULATOR = ("sagemaker",)
# Whom services and functions tell of their spans, and which asks nobody:
TAKING_SPANS = ("traces",)
# Who asks the emulator for something.
ASKING_THE_EMULATOR = ("search", "sagemaker")


def start_servers(settings: LocalSettings) -> list[ChildProcess]:
    """All of them, begun: a platform cannot go on without any."""
    issue_certificates(settings.authority_file, settings.certificates, names=SPEAKING_TLS)
    emulator = start_emulator(
        settings,
        emulator_python(settings.root),
        LogFile(settings.logs / "emulator.log"),
    )
    names = (*TAKING_SPANS, *SPEAKING_TLS, *BEHIND_THE_EMULATOR)
    return [emulator, *(start_stand_in(settings, name) for name in names)]


def start_stand_in(settings: LocalSettings, name: str) -> ChildProcess:
    """The process of one, begun."""
    return ChildProcess(
        name,
        [
            *(sys.executable, "-m", f"ops.local.{name}"),
            *("--state", str(settings.state), "--port", str(settings.ports[f"{name}_port"])),
            *(
                ("--emulator-port", str(settings.emulator_port))
                if name in ASKING_THE_EMULATOR
                else ()
            ),
        ],
        environment=clean_environment(),
        directory=settings.root,
        log=LogFile(settings.logs / f"{name}.log"),
        state=settings.state,
    )
