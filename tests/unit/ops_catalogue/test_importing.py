"""Importing: good rows in, bad rows kept, and the same file twice changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kindred.similarity.catalogue import Catalogue
from kindred_aws.artefact_store import ArtefactNotFound
from ops.catalogue.formats import UnknownFormat
from ops.catalogue.importing import RealApps, generate, import_file
from ops.catalogue.stores import DirectoryStore

WriteRows = Callable[..., Path]


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def names(store: DirectoryStore, tmp_path: Path) -> dict[str, str]:
    catalogue = Catalogue(store.download_catalogue(tmp_path))
    return {catalogue.app_id(row): catalogue.name(row) for row in range(len(catalogue))}


def files_of(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_good_rows_are_loaded_and_bad_ones_kept_with_the_reason(
    store: DirectoryStore, write_rows: WriteRows, tmp_path: Path
) -> None:
    path = write_rows({}, {"name": ""}, {"rating": 9}, {}, {"app_id": "app-0", "name": "again"})
    result = import_file(path, store=store)
    assert names(store, tmp_path) == {"app-0": "App 0", "app-3": "App 3"}
    assert (result.record.rows, result.record.accepted, result.record.rejected) == (5, 2, 3)
    assert result.reasons == {"name": 1, "rating": 1, "app_id": 1}
    assert result.rejects is not None
    kept = [json.loads(line) for line in result.rejects.read_text().splitlines()]
    assert [(row["number"], row["field"]) for row in kept] == [
        (2, "name"),
        (3, "rating"),
        (5, "app_id"),
    ]
    assert kept[1]["given"] == "9"
    assert kept[1]["allowed"] == "a number from 0 to 5"
    assert kept[1]["values"] == {"app_id": "app-2", "name": "App 2", "rating": 9}
    assert "row 1 has this one" in kept[2]["allowed"]


def test_a_byte_that_is_no_text_is_kept_in_the_rejects(
    store: DirectoryStore, tmp_path: Path
) -> None:
    (tmp_path / "apps.csv").write_bytes(b"app_id,name\n1,caf\xe9\n2,two\n")
    result = import_file(tmp_path / "apps.csv", store=store)
    assert result.rejects is not None
    kept = json.loads(result.rejects.read_text())
    assert kept["values"]["name"].encode("utf-8", "surrogateescape") == b"caf\xe9"


def test_the_same_file_again_changes_nothing(
    store: DirectoryStore, write_rows: WriteRows, tmp_path: Path
) -> None:
    path = write_rows({}, {"rating": "bad"}, {})
    first = import_file(path, store=store)
    before = files_of(tmp_path)
    second = import_file(path, store=store)
    assert first.changed
    assert not second.changed
    assert (second.added, second.updated) == (0, 0)
    assert files_of(tmp_path) == before


def test_imports_merge_and_the_last_one_wins(
    store: DirectoryStore, write_rows: WriteRows, tmp_path: Path
) -> None:
    import_file(write_rows({}, {}), store=store)
    newer = write_rows({}, {"name": "renamed"}, {}, file="newer.jsonl")
    result = import_file(newer, store=store)
    assert (result.changed, result.added, result.updated, result.apps) == (True, 1, 1, 3)
    assert names(store, tmp_path) == {"app-0": "App 0", "app-1": "renamed", "app-2": "App 2"}
    files = [record.file for record in store.catalogue_manifest().imports]
    assert files == ["apps.jsonl", "newer.jsonl"]


def test_an_earlier_file_imported_again_wins_again(
    store: DirectoryStore, write_rows: WriteRows, tmp_path: Path
) -> None:
    older = write_rows({"name": "older"})
    import_file(older, store=store)
    import_file(write_rows({"name": "newer"}, file="newer.jsonl"), store=store)
    assert import_file(older, store=store).changed
    assert names(store, tmp_path) == {"app-0": "older"}


def test_the_order_of_rows_does_not_matter(
    store: DirectoryStore, write_rows: WriteRows, tmp_path: Path
) -> None:
    import_file(write_rows({"app_id": "b"}, {"app_id": "a"}), store=store)
    other = DirectoryStore(tmp_path / "other")
    swapped = write_rows(
        {"app_id": "a", "name": "App 1"}, {"app_id": "b", "name": "App 0"}, file="swapped.jsonl"
    )
    import_file(swapped, store=other)
    one, two = store.catalogue_manifest(), other.catalogue_manifest()
    assert one.catalogue_sha256 == two.catalogue_sha256


def test_an_id_of_another_source_is_not_taken_over(
    store: DirectoryStore, write_rows: WriteRows, tmp_path: Path
) -> None:
    import_file(write_rows({"source": "one"}), store=store)
    other = write_rows({"source": "two", "name": "other"}, {"source": "two"}, file="two.jsonl")
    result = import_file(other, store=store)
    assert (result.record.accepted, result.record.rejected) == (1, 1)
    assert names(store, tmp_path)["app-0"] == "App 0"


def test_rejects_of_two_files_of_one_name_do_not_overwrite_each_other(
    store: DirectoryStore, write_rows: WriteRows
) -> None:
    one = import_file(write_rows({"rating": 7}, {}), store=store).rejects
    two = import_file(write_rows({"rating": 8}, {}), store=store).rejects
    assert one is not None
    assert two is not None
    assert one.is_file()
    assert one != two


def test_rejects_go_where_they_are_sent(
    store: DirectoryStore, write_rows: WriteRows, tmp_path: Path
) -> None:
    target = tmp_path / "some" / "where.jsonl"
    assert import_file(write_rows({"rating": 7}), store=store, rejects=target).rejects == target
    assert target.is_file()


def test_a_file_without_a_good_row_leaves_the_catalogue_alone(
    store: DirectoryStore, write_rows: WriteRows
) -> None:
    result = import_file(write_rows({"name": ""}), store=store)
    assert not result.changed
    with pytest.raises(ArtefactNotFound):
        store.catalogue_manifest()


def test_an_unknown_header_leaves_the_catalogue_alone(
    store: DirectoryStore, tmp_path: Path
) -> None:
    (tmp_path / "x.csv").write_text("id,title\n1,one\n")
    with pytest.raises(UnknownFormat, match="unknown header: id, title"):
        import_file(tmp_path / "x.csv", store=store)
    with pytest.raises(ArtefactNotFound):
        store.catalogue_manifest()


def test_columns_that_are_not_read_are_told(store: DirectoryStore, write_rows: WriteRows) -> None:
    result = import_file(write_rows({"colour": "red", "rating": 3}), store=store)
    assert result.ignored_columns == ("colour",)


def test_generated_apps_make_room_for_real_ones(
    store: DirectoryStore, write_rows: WriteRows, tmp_path: Path
) -> None:
    assert generate(store=store, count=20).changed
    assert store.catalogue_manifest().generated
    result = import_file(write_rows({}), store=store)
    assert result.removed_generated == 20
    assert names(store, tmp_path) == {"app-0": "App 0"}
    assert not store.catalogue_manifest().generated


def test_generated_apps_do_not_replace_real_ones_unasked(
    store: DirectoryStore, write_rows: WriteRows
) -> None:
    import_file(write_rows({}, {}), store=store)
    with pytest.raises(RealApps, match="holds 2 imported apps"):
        generate(store=store, count=20)
    assert generate(store=store, count=20, replace_real=True).apps == 20


def test_generating_again_changes_nothing(store: DirectoryStore) -> None:
    generate(store=store, count=20)
    assert not generate(store=store, count=20).changed
