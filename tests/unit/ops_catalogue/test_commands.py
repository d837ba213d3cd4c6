"""The command line: what it prints, what a program can read, and its exit statuses."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from ops.catalogue.commands import app

WriteRows = Callable[..., Path]


@pytest.fixture(autouse=True)
def in_a_directory_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_import_tells_what_came_in_and_what_did_not(write_rows: WriteRows) -> None:
    result = run("import", write_rows({}, {"rating": 8}, {}), "--directory", "here")
    assert result.exit_code == 0
    assert "imported" in result.stdout
    assert "1 (rating 1), kept in" in result.stdout
    again = run("import", "apps.jsonl", "--directory", "here")
    assert again.exit_code == 0
    assert "nothing changed" in again.stdout


def test_import_answers_a_program_in_json(write_rows: WriteRows) -> None:
    result = run("import", write_rows({}, {}), "--directory", "here", "--json")
    document = json.loads(result.stdout)
    assert document["record"]["accepted"] == 2
    assert document["rejects"] is None
    assert document["changed"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["import", "nope.csv", "--directory", "d"], "no such file", id="no file"),
        pytest.param(["import", "nope.csv"], "name one place", id="no place"),
        pytest.param(
            ["show", "--directory", "d", "--bucket", "b"], "name one place", id="two places"
        ),
        pytest.param(["show", "--directory", "d"], "no catalogue/manifest.json", id="nothing yet"),
        pytest.param(["fit", "--directory", "d"], "import or generate one first", id="no apps"),
        pytest.param(
            ["fit", "--directory", "d", "--version", "v3"], "allowed: v1, v2", id="no version"
        ),
    ],
)
def test_what_was_not_done_is_said_on_standard_error_with_status_1(
    arguments: list[str], message: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_a_wrong_command_has_status_2() -> None:
    assert run("import").exit_code == 2
    assert run("generate", "--directory", "d", "--count", "0").exit_code == 2


def test_a_file_without_a_good_row_has_status_1(write_rows: WriteRows) -> None:
    result = run("import", write_rows({"name": ""}), "--directory", "here")
    assert result.exit_code == 1
    assert "no row could be imported" in result.stderr


def test_generate_fit_and_show_follow_each_other() -> None:
    assert run("generate", "--directory", "here", "--count", "60").exit_code == 0
    before = run("show", "--directory", "here")
    assert "60 (generated)" in before.stdout
    assert "none yet" in before.stdout
    fitted = json.loads(run("fit", "--directory", "here", "--json").stdout)
    assert [one["outcome"] for one in fitted] == ["fitted", "fitted"]
    assert all(one["generated"] for one in fitted)
    shown = json.loads(run("show", "--directory", "here", "--json").stdout)
    assert [one["model_version"] for one in shown["models"]] == [
        one["model_version"] for one in fitted
    ]
    assert "unchanged" in run("fit", "--directory", "here", "--version", "v1").stdout


def test_generated_apps_do_not_silently_replace_imported_ones(write_rows: WriteRows) -> None:
    run("import", write_rows({}), "--directory", "here")
    refused = run("generate", "--directory", "here")
    assert refused.exit_code == 1
    assert "1 imported apps" in refused.stderr
    assert run("generate", "--directory", "here", "--replace-real").exit_code == 0
