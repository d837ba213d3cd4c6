"""`kindred local` with the verbs that have modules of their own."""

from ops.local.commands import app
from ops.local.fault_commands import app as fault
from ops.local.trace_command import traces

app.add_typer(fault, name="fault")
app.command("traces")(traces)
