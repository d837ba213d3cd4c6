"""What the catalogue's commands answer, as tables for people."""

from typing import Any

from rich.table import Table

from ops.catalogue.importing import GenerateResult, ImportResult
from ops.terminal import plain_table


def import_table(result: ImportResult) -> Table:
    record = result.record
    table = plain_table()
    table.add_row("format", record.format)
    table.add_row("rows", f"{record.rows:,}")
    table.add_row("imported", f"{record.accepted:,}")
    if result.changed:
        table.add_row("new, changed", f"{result.added:,}, {result.updated:,}")
    else:
        table.add_row("", "nothing changed: the catalogue has all of this already")
    if result.removed_generated:
        table.add_row("removed", f"{result.removed_generated:,} generated apps")
    if result.rejects is not None:
        reasons = ", ".join(f"{field} {count:,}" for field, count in result.reasons.items())
        table.add_row("rejected", f"{record.rejected:,} ({reasons}), kept in {result.rejects}")
    if result.ignored_columns:
        table.add_row("columns not read", ", ".join(result.ignored_columns))
    table.add_row("catalogue", f"{result.apps:,} apps")
    return table


def generate_table(result: GenerateResult) -> Table:
    table = plain_table()
    table.add_row("catalogue", f"{result.apps:,} generated apps")
    if not result.changed:
        table.add_row("", "nothing changed: they were there already")
    return table


def fit_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("model", "outcome", "seconds", "apps", "quality"):
        table.add_column(heading)
    for row in rows:
        apps = f"{row['apps']:,}" + (" (generated)" if row["generated"] else "")
        seconds, quality = f"{row['seconds']:.1f}", _quality(row["quality"] or {})
        table.add_row(row["model_version"], row["outcome"], seconds, apps, quality)
    return table


def show_table(document: dict[str, Any]) -> Table:
    table = plain_table()
    made_up = " (generated)" if document["generated"] else ""
    table.add_row("apps", f"{document['apps']:,}{made_up}")
    for source, count in document["sources"].items():
        table.add_row("source", f"{source}: {count:,}")
    for record in document["imports"]:
        table.add_row(
            "import",
            f"{record['file']} ({record['format']}): {record['accepted']:,} of "
            f"{record['rows']:,} rows",
        )
    for model in document["models"]:
        origin = model["carried_over_from"]
        table.add_row(
            "model",
            f"{model['model_version']}: {model['dimension']} dimensions, {model['apps']:,} apps"
            + (f", carried over from {origin}" if origin else "")
            + ("" if model["of_this_catalogue"] else "; of another catalogue than this one"),
        )
    if not all(model["of_this_catalogue"] for model in document["models"]):
        table.add_row("", "`kindred catalogue fit` brings every model to this catalogue")
    if not document["models"]:
        table.add_row("model", "none yet: `kindred catalogue fit` makes them")
    return table


def _quality(measured: dict[str, Any]) -> str:
    """A fitted model's precision, or what clicks said of a trained one; nothing where neither."""
    if "precision" in measured:
        return f"precision@10 {measured['precision']:.3f}"
    return f"recall@10 {measured['recall_at_10']:.3f}" if "recall_at_10" in measured else ""
