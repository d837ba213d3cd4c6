"""Files that outlive a process: state and logs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ops.local import log_files
from ops.local.log_files import LogFile, last_lines
from ops.local.settings import LocalSettings
from ops.local.state_files import clear_state, read_json, write_json


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "state" / "a.json", {"port": 1})

    assert read_json(tmp_path / "state" / "a.json") == {"port": 1}


def test_a_state_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {})

    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", '{"half":', "[1]"])
def test_a_file_that_was_never_completed_counts_as_missing(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)

    assert read_json(tmp_path / "a.json") is None
    assert read_json(tmp_path / "absent.json") is None


def test_log_lines_carry_the_name_of_their_process(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "service.log")
    log.write("service-1", b"hello\n")

    assert last_lines(tmp_path / "logs" / "service.log", 5) == ["service-1 | hello"]


def test_a_full_log_is_put_aside_and_never_grows_beyond_twice_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_files, "LARGEST_BYTES", 100)
    log = LogFile(tmp_path / "service.log")
    for number in range(50):
        log.write("s", f"line {number}".encode())

    sizes = [path.stat().st_size for path in tmp_path.iterdir()]

    assert sorted(path.name for path in tmp_path.iterdir()) == ["service.log", "service.log.1"]
    assert max(sizes) <= 100
    assert last_lines(tmp_path / "service.log", 1) == ["s | line 49"]


def test_a_new_start_forgets_all_of_the_platform_before_but_its_logs(tmp_path: Path) -> None:
    settings = LocalSettings(root=tmp_path, state=tmp_path / "state")
    for reason in ("older", "crashed"):
        LogFile(settings.logs / "service.log").write("s", reason.encode())
        write_json(settings.failure_file, {})
        write_json(settings.scratch / "a.json", {})

        clear_state(settings)

    assert [path.name for path in settings.state.iterdir()] == ["earlier-logs"]
    assert last_lines(settings.earlier_logs / "service.log", 2) == ["s | crashed"]
