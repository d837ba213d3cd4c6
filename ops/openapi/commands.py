"""`kindred openapi`: keep the services' documents, and say what a change of them breaks."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer
import yaml

from ops.openapi.changes import breaking_changes
from ops.openapi.documents import KEPT, SERVICES, NoDocument, generated, kept, parsed, text_of
from ops.terminal import MESSAGES, failed

app = typer.Typer(help="What the services promise.", no_args_is_help=True)
ACCEPTED = KEPT / "accepted.yaml"
_KEYS = {"service", "change", "reason", "who"}


@app.command("write")
def write() -> None:
    """Write the documents anew from the services."""
    for service in SERVICES:
        path = KEPT / f"{service}.json"
        after = text_of(generated(service))
        if path.exists() and path.read_text() == after:
            MESSAGES.print(f"openapi/{service}.json is fresh")
        else:
            path.write_text(after)
            MESSAGES.print(f"openapi/{service}.json was written anew")


@app.command("changes")
def changes(
    against: Annotated[
        str, typer.Option(help="A revision of git, such as origin/main: what was promised.")
    ] = "origin/main",
) -> None:
    """Fail on what breaks a promise and is not in openapi/accepted.yaml."""
    try:
        accepted = accepted_changes(ACCEPTED)
        found = [
            (service, change)
            for service in SERVICES
            if (before := _promised(service, against)) is not None
            for change in breaking_changes(before, kept(service))
        ]
    except NoDocument as error:
        raise failed(str(error)) from error
    for service, change in found:
        word = "accepted" if (service, change) in accepted else "breaks"
        MESSAGES.print(f"{service}: {word}: {change}", markup=False, soft_wrap=True)
    broken = [each for each in found if each not in accepted]
    if broken:
        raise failed(
            f"{len(broken)} changes break what {against} promises: "
            "take them back, or accept them in openapi/accepted.yaml with reason and who"
        )
    MESSAGES.print(f"nothing that {against} promises is broken unseen")


def accepted_changes(path: Path) -> set[tuple[str, str]]:
    """Service and change. Raises NoDocument for an entry that says less or more than it must."""
    entries = (yaml.safe_load(path.read_text()) or {}).get("accepted") or []
    for entry in entries:
        if not isinstance(entry, dict) or entry.keys() != _KEYS or entry["service"] not in SERVICES:
            raise NoDocument(
                f"{path.name}: given {entry!r}, allowed {', '.join(sorted(_KEYS))}, "
                f"and a service of {', '.join(SERVICES)}"
            )
    return {(entry["service"], entry["change"]) for entry in entries}


def _promised(service: str, revision: str) -> dict[str, object] | None:
    """None where the revision has no such document yet."""

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments], cwd=KEPT.parent, capture_output=True, text=True, check=False
        )

    if git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").returncode:
        raise NoDocument(f"given {revision!r}, allowed a revision of this repository")
    name = f"openapi/{service}.json"
    shown = git("show", f"{revision}:{name}")
    return parsed(shown.stdout, name=f"{revision}:{name}") if shown.returncode == 0 else None
