"""Imports a file into the catalogue: good rows in, bad rows kept with the reason, nothing lost."""

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kindred.similarity.app import CatalogueApp
from kindred.similarity.artefact import catalogue_checksum
from kindred.similarity.catalogue import Catalogue, write_catalogue
from kindred.similarity.catalogue_manifest import CatalogueManifest, ImportRecord
from kindred.similarity.manifest import MANIFEST, describe_file, describe_files
from kindred_aws.artefact_store import ArtefactNotFound
from ops.catalogue.fields import BadField
from ops.catalogue.formats import Format, choose_format
from ops.catalogue.generated_apps import SOURCE, generate_apps
from ops.catalogue.rows import BadRow, Progress, Table, read_table
from ops.catalogue.stores import CatalogueStore

Apps = dict[str, CatalogueApp]
GENERATED_APPS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    record: ImportRecord
    changed: bool  # false when the catalogue is byte for byte what it was
    added: int
    updated: int  # were there, with something else in them
    removed_generated: int  # generated apps make room for real ones
    apps: int
    rejects: Path | None
    reasons: Mapping[str, int]  # rejected rows by field
    ignored_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateResult:
    apps: int
    changed: bool


class RealApps(ValueError):
    """Generated apps would replace apps that were imported."""

    def __init__(self, count: int) -> None:
        super().__init__(
            f"the catalogue holds {count} imported apps, which generated ones would replace"
        )


@dataclass(slots=True)
class _Sorted:
    """A file's rows, told apart; `first_row` says where an id was met before."""

    apps: Apps = field(default_factory=dict)
    bad: list[BadRow] = field(default_factory=list)
    first_row: dict[str, int] = field(default_factory=dict)


def import_file(
    path: Path,
    *,
    store: CatalogueStore,
    format_name: str | None = None,
    rejects: Path | None = None,
    progress: Progress | None = None,
) -> ImportResult:
    """Merges a file into the store's catalogue, by source and id; the last import wins.

    Bad rows go to `rejects`, by default a file in the current directory named for the imported
    one and its content, and they do so before the catalogue is touched; a file with no good row
    leaves the catalogue as it is. Raises UnreadableFile, UnknownFormat, and what the store does.
    """
    table = read_table(path, progress=progress)
    chosen = choose_format(table.columns, format_name)
    published, present = _present_apps(store)
    rows = _sort_rows(table, chosen, present)
    merged = _merge(present, rows.apps)
    record = ImportRecord(
        file=path.name,
        sha256=describe_file(path).sha256,
        format=chosen.name,
        rows=len(rows.apps) + len(rows.bad),
        accepted=len(rows.apps),
        rejected=len(rows.bad),
    )
    written = _write_rejects(rows.bad, rejects or _beside(path, record)) if rows.bad else None
    imports = _with_record(published.imports if published else (), record)
    return ImportResult(
        record=record,
        changed=bool(rows.apps) and publish_apps(store, merged, imports),
        added=len(rows.apps.keys() - present.keys()),
        updated=sum(id_ in present and present[id_] != app for id_, app in rows.apps.items()),
        removed_generated=len(present.keys() - merged.keys()),
        apps=len(merged),
        rejects=written,
        reasons=dict(Counter(row.field for row in rows.bad).most_common()),
        ignored_columns=tuple(name for name in table.columns if name not in chosen.columns),
    )


def generate(
    *, store: CatalogueStore, count: int = GENERATED_APPS, replace_real: bool = False
) -> GenerateResult:
    """Makes the generated catalogue the store's. Raises RealApps rather than replace real ones."""
    published = _published(store)
    if published is not None and not replace_real:
        real = sum(apps for source, apps in published.sources.items() if source != SOURCE)
        if real:
            raise RealApps(real)
    apps = {app.app_id: app for app in generate_apps(count)}
    return GenerateResult(apps=len(apps), changed=publish_apps(store, apps, ()))


def publish_apps(store: CatalogueStore, apps: Apps, imports: tuple[ImportRecord, ...]) -> bool:
    """Makes these apps the store's catalogue; false when they already are."""
    with tempfile.TemporaryDirectory(prefix="kindred-catalogue-") as scratch:
        directory = Path(scratch)
        write_catalogue(directory, list(apps.values()))
        manifest = CatalogueManifest(
            count=len(apps),
            generated=any(app.generated for app in apps.values()),
            catalogue_sha256=catalogue_checksum(directory),
            sources=dict(sorted(Counter(app.source for app in apps.values()).items())),
            imports=imports,
            files=describe_files(directory),
        )
        published = _published(store)
        if published == manifest:
            return False
        (directory / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        store.publish_catalogue(directory)
        return published is None or published.catalogue_sha256 != manifest.catalogue_sha256


def _published(store: CatalogueStore) -> CatalogueManifest | None:
    try:
        return store.catalogue_manifest()
    except ArtefactNotFound:
        return None


def _present_apps(store: CatalogueStore) -> tuple[CatalogueManifest | None, Apps]:
    published = _published(store)
    if published is None:
        return None, {}
    with tempfile.TemporaryDirectory(prefix="kindred-catalogue-") as scratch:
        catalogue = Catalogue(store.download_catalogue(Path(scratch)))
        apps = (catalogue.app(row) for row in range(len(catalogue)))
        return published, {app.app_id: app for app in apps}


def _merge(present: Apps, imported: Apps) -> Apps:
    """Generated apps stand in for real ones, and go when those come."""
    if any(not app.generated for app in imported.values()):
        present = {id_: app for id_, app in present.items() if not app.generated}
    return present | imported


def _with_record(
    imports: tuple[ImportRecord, ...], record: ImportRecord
) -> tuple[ImportRecord, ...]:
    known = {(one.sha256, one.format) for one in imports}
    return imports if (record.sha256, record.format) in known else (*imports, record)


def _sort_rows(table: Table, chosen: Format, present: Apps) -> _Sorted:
    rows = _Sorted()
    for row in table.rows:
        if isinstance(row, BadRow):
            rows.bad.append(row)
            continue
        try:
            app = chosen.read_app(row.values)
            _check_id(app, rows.first_row, present)
        except BadField as error:
            rows.bad.append(BadRow(row.number, error.field, error.given, error.allowed, row.values))
            continue
        rows.apps[app.app_id] = app
        rows.first_row[app.app_id] = row.number
    return rows


def _check_id(app: CatalogueApp, first_row: Mapping[str, int], present: Apps) -> None:
    if app.app_id in first_row:
        raise BadField(
            "app_id", app.app_id, f"an app once; row {first_row[app.app_id]} has this one"
        )
    other = present.get(app.app_id)
    if other is not None and not other.generated and other.source != app.source:
        raise BadField("app_id", app.app_id, f"an id that source {other.source} does not have")


def _beside(path: Path, record: ImportRecord) -> Path:
    # Two stores' files may share a name, and neither's rejects may overwrite the other's.
    stem = Path(path.name.removesuffix(".gz")).stem
    return Path.cwd() / f"{stem}-{record.sha256[:8]}.rejects.jsonl"


def _write_rejects(bad: list[BadRow], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii") as stream:
        for row in bad:
            # Escaped, since a row may hold bytes that are no text in any encoding.
            stream.write(json.dumps(asdict(row), default=str) + "\n")
    return path
