"""`kindred architecture`: draw the documents' picture anew from a synthesized environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.architecture import NoAssembly, picture, read_templates, replaced
from ops.terminal import MESSAGES, failed

app = typer.Typer()


@app.command()
def architecture(
    assembly: Annotated[Path, typer.Option(help="What `make synth` wrote.")] = Path("cdk.out/prod"),
    document: Annotated[Path, typer.Option(help="The document with the picture.")] = Path(
        "docs/architecture.md"
    ),
    check: Annotated[bool, typer.Option(help="Only say whether the picture is fresh.")] = False,
) -> None:
    """Draw the picture of the stacks from their templates."""
    try:
        before = document.read_text()
        after = replaced(before, picture(read_templates(assembly)))
    except (NoAssembly, ValueError, OSError) as error:
        raise failed(str(error)) from error
    if before == after:
        MESSAGES.print(f"{document} is fresh")
    elif check:
        raise failed(f"the picture in {document} is stale: run `kindred architecture`")
    else:
        document.write_text(after)
        MESSAGES.print(f"{document} was drawn anew")
