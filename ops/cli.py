"""`kindred`: what an operator runs. Each part of the platform adds its own verbs.

Exit statuses: 0 done; 1 not done, and the message says why; 2 the command itself was wrong.
"""

import typer

from ops.architecture_command import architecture
from ops.audit import app as audit
from ops.catalogue.commands import app as catalogue
from ops.certificate import app as certificate
from ops.console.commands import app as console
from ops.delivery.commands import app as delivery
from ops.drill.commands import app as drill
from ops.experiment import app as experiment
from ops.local.commands import app as local
from ops.local.fault_commands import app as fault
from ops.local.trace_command import traces
from ops.openapi.commands import app as openapi
from ops.privacy.command import forget
from ops.retraining.commands import app as retraining
from ops.rollout.commands import app as rollout

app = typer.Typer(
    name="kindred",
    help="Operate a Kindred platform: its catalogue, its models, and the cloud on a laptop.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(audit, name="audit")
app.add_typer(catalogue, name="catalogue")
app.add_typer(certificate, name="certificate")
app.add_typer(console, name="console")
app.add_typer(delivery, name="delivery")
app.add_typer(drill, name="drill")
app.add_typer(experiment, name="experiment")
local.add_typer(fault, name="fault")
local.command("traces")(traces)
app.add_typer(local, name="local")
app.add_typer(openapi, name="openapi")
app.add_typer(retraining, name="retraining")
app.add_typer(rollout, name="rollout")
app.command("architecture")(architecture)
app.command("forget")(forget)
