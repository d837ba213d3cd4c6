"""`kindred catalogue`: import apps, generate some, fit the embedding models, show what there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.markup import escape

from kindred.similarity.catalogue_manifest import CatalogueManifest
from kindred.similarity.manifest import CorruptArtefact
from kindred_aws.artefact_store import ArtefactNotFound
from ops.catalogue.carrying_over import is_carried_over, trained_as
from ops.catalogue.formats import FORMATS, UnknownFormat
from ops.catalogue.importing import (
    GENERATED_APPS,
    RealApps,
    generate,
    import_file,
)
from ops.catalogue.rows import UnreadableFile
from ops.catalogue.stores import CatalogueStore, NoStore, open_store
from ops.catalogue.tables import fit_table, generate_table, import_table, show_table
from ops.deployed_stage import NotDeployed
from ops.terminal import failed, give, progress_bars

if TYPE_CHECKING:
    from ops.catalogue.fits import FitResult

app = typer.Typer(
    help="Import apps, or generate some; fit the embedding models; show what there is.\n\n"
    "Exit statuses: 0 done (bad rows are counted and kept, and are no failure); 1 not done, and "
    "the message says why; 2 the command itself was wrong.",
    no_args_is_help=True,
)

Directory = Annotated[
    Path | None, typer.Option(help="Keep the catalogue in a directory, with no cloud at all.")
]
Bucket = Annotated[str | None, typer.Option(help="Keep it in this S3 bucket.")]
Environment = Annotated[
    str | None, typer.Option(help="Keep it in the bucket of this deployed environment.")
]
Region = Annotated[
    str | None, typer.Option(help="Of the environment's regions, where it has several.")
]
StackPrefix = Annotated[
    str | None, typer.Option(help="The same, by the stacks' prefix, in the region of AWS_REGION.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for a program to read.")]
CacheDirectory = Annotated[
    Path | None, typer.Option(help="Keep fitted artefacts here, to publish them again unfitted.")
]

_FAILURES = (
    ArtefactNotFound,
    BotoCoreError,
    ClientError,
    CorruptArtefact,
    NoStore,
    NotDeployed,
    OSError,
    RealApps,
    UnknownFormat,
    UnreadableFile,
)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except _FAILURES as error:
        raise failed(str(error)) from error


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="CSV, JSONL or Parquet, gzipped or not.")],
    directory: Directory = None,
    bucket: Bucket = None,
    environment: Environment = None,
    region: Region = None,
    stack_prefix: StackPrefix = None,
    format_name: Annotated[
        str | None,
        typer.Option("--format", help=f"One of {', '.join(one.name for one in FORMATS)}."),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where bad rows go; by default beside you, as JSONL.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Merge a file of apps into the catalogue; generated apps make room for real ones."""
    with _answering():
        store = open_store(
            directory=directory,
            bucket=bucket,
            environment=environment,
            region=region,
            stack_prefix=stack_prefix,
        )
        with progress_bars(quiet=as_json) as bars:
            task = bars.add_task(f"reading {escape(file.name)}")
            result = import_file(
                file,
                store=store,
                format_name=format_name,
                rejects=rejects,
                progress=lambda read, size: bars.update(task, completed=read, total=size),
            )
        give(asdict(result), import_table(result), as_json=as_json)
        if not result.record.accepted:
            raise failed(f"{file}: no row could be imported")


@app.command("generate")
def generate_command(
    directory: Directory = None,
    bucket: Bucket = None,
    environment: Environment = None,
    region: Region = None,
    stack_prefix: StackPrefix = None,
    count: Annotated[int, typer.Option(min=10, max=100_000)] = GENERATED_APPS,
    replace_real: Annotated[bool, typer.Option(help="Even when apps were imported.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make up a catalogue with a click history; the same one every time, labelled as generated."""
    with _answering():
        store = open_store(
            directory=directory,
            bucket=bucket,
            environment=environment,
            region=region,
            stack_prefix=stack_prefix,
        )
        result = generate(store=store, count=count, replace_real=replace_real)
        give(asdict(result), generate_table(result), as_json=as_json)


@app.command("fit")
def fit_command(
    directory: Directory = None,
    bucket: Bucket = None,
    environment: Environment = None,
    region: Region = None,
    stack_prefix: StackPrefix = None,
    version: Annotated[
        list[str] | None,
        typer.Option(help="v1, v2 or a published trained model; may be repeated. All by default."),
    ] = None,
    cache: CacheDirectory = None,
    force: Annotated[bool, typer.Option(help="Fit although nothing has changed.")] = False,
    evaluate: Annotated[
        bool, typer.Option(help="Measure the quality too, for the model card: a second fit.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fit v1 and v2 on the catalogue, and carry trained models over to it; publish all of them.

    What nothing has changed for is left as it is. A trained model stays what it learned: it is
    given the catalogue's apps, not new clicks.
    """
    # Only fitting needs scikit-learn, which takes seconds to import.
    from ops.catalogue.fits import NothingToFit, UnknownVersion, fit

    with _answering():
        store = open_store(
            directory=directory,
            bucket=bucket,
            environment=environment,
            region=region,
            stack_prefix=stack_prefix,
        )
        with progress_bars(quiet=as_json) as bars:
            task = bars.add_task("reading the catalogue", total=None)
            try:
                results = fit(
                    store,
                    versions=version or (),
                    cache=cache,
                    force=force,
                    evaluate=evaluate,
                    progress=lambda doing: bars.update(task, description=doing),
                )
            except (NothingToFit, UnknownVersion) as error:
                raise failed(str(error)) from error
        rows = [_fit_row(result) for result in results]
        give(rows, fit_table(rows), as_json=as_json)


def _fit_row(result: "FitResult") -> dict[str, Any]:
    return {
        "version": result.version,
        "model_version": result.model_version,
        "outcome": result.outcome,
        "seconds": round(result.seconds, 2),
        "apps": result.manifest.count,
        "generated": result.manifest.generated,
        "quality": result.manifest.model_card.get("quality"),
    }


@app.command("show")
def show_command(
    directory: Directory = None,
    bucket: Bucket = None,
    environment: Environment = None,
    region: Region = None,
    stack_prefix: StackPrefix = None,
    as_json: AsJson = False,
) -> None:
    """What the catalogue holds, where it came from, and which models are published."""
    with _answering():
        store = open_store(
            directory=directory,
            bucket=bucket,
            environment=environment,
            region=region,
            stack_prefix=stack_prefix,
        )
        catalogue = store.catalogue_manifest()
        models = _published_models(store, catalogue)
        document = {
            "apps": catalogue.count,
            "generated": catalogue.generated,
            "sources": dict(catalogue.sources),
            "imports": [asdict(record) for record in catalogue.imports],
            "models": models,
        }
        give(document, show_table(document), as_json=as_json)


def _published_models(store: CatalogueStore, catalogue: CatalogueManifest) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = []
    for version in store.published():
        try:
            manifest = store.manifest(version)
        except ArtefactNotFound:
            continue
        models.append(
            {
                "version": version,
                "model_version": manifest.model_version,
                "dimension": manifest.dimension,
                "apps": manifest.count,
                "generated": manifest.generated,
                "carried_over_from": trained_as(manifest) if is_carried_over(manifest) else None,
                "of_this_catalogue": manifest.catalogue_sha256 == catalogue.catalogue_sha256,
            }
        )
    return models
