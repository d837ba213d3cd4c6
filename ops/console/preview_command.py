"""`kindred console preview`: the laptop's console in a browser."""

from __future__ import annotations

from urllib.parse import urlsplit

import boto3
import typer

from ops.console.preview import PORT, preview_server
from ops.console.publishing import publish
from ops.console.site import build
from ops.deployed_stage import DeployedStage, NotDeployed
from ops.local.bring_up import running_settings
from ops.local.commands import ROOT, STATE, StateDir
from ops.local.operator_credentials import PlatformNotRunning, become_operator
from ops.local.settings import REGION, LocalSettings
from ops.terminal import failed

_STAGE = DeployedStage(prefix="Kindred-local", region=REGION)


def preview(state_dir: StateDir = STATE) -> None:
    """Show the console of the platform on this machine, until Ctrl-C. It signs in for real."""
    settings = running_settings(LocalSettings(root=ROOT, state=state_dir.resolve()))
    here = f"http://localhost:{PORT}"
    try:
        become_operator(settings)
        # The hosted pages are passed on too, so that a browser finds them under one name.
        configuration = {
            "clientId": _STAGE.output("DataStack", "ConsoleClientId"),
            "signInUrl": here,
        }
        bucket = _STAGE.output("EdgeStack", "ConsoleBucketName")
        host = urlsplit(_STAGE.output("EdgeStack", "ConsoleUrl")).hostname or ""
    except (NotDeployed, PlatformNotRunning) as error:
        raise failed(str(error)) from None
    publish(boto3.client("s3"), bucket, build(configuration))
    try:
        server = preview_server(emulator=settings.emulator_url, distribution=host)
    except OSError as error:
        raise failed(f"port {PORT}: {error}; the user pool knows no other") from None
    with server:
        typer.echo(f"{here}/ until Ctrl-C; people and passwords: {settings.users_file}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            typer.echo("ended")
