"""Coming up, going down, and what happens when a part of the platform dies."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

from tests.local.local_platform import LocalPlatform, wait_until


def test_up_twice_changes_nothing(platform: LocalPlatform) -> None:
    before = platform.file

    again = platform.up()

    assert again.returncode == 0, again.stderr
    deployed = json.loads((platform.state / "deployment.json").read_text())
    assert set(deployed["stacks"].values()) == {"unchanged"}
    assert platform.file["processes"] == before["processes"]
    assert platform.file["api_key"] == before["api_key"]


def test_up_leaves_a_catalogue_alone_that_an_operator_imported(
    platform: LocalPlatform, tmp_path: Path
) -> None:
    apps = tmp_path / "mine.jsonl"
    apps.write_text('{"app_id": "mine-1", "name": "Mine", "category": "tools"}\n')
    try:
        platform.operate("catalogue", "import", str(apps))
        platform.operate("catalogue", "fit")

        again = platform.up()

        assert again.returncode == 0, again.stderr
        assert "left alone: the catalogue of 1 apps" in again.stderr
        assert platform.file["catalogue"]["source"] == "mine.jsonl"
        assert json.loads(platform.operate("catalogue", "show", "--json"))["apps"] == 1
    finally:
        reset = platform.run("up", "--reset-catalogue", *platform.up_options())
    assert reset.returncode == 0, reset.stderr
    assert json.loads(platform.operate("catalogue", "show", "--json"))["apps"] == 2_000


def test_a_service_that_is_killed_is_started_again(platform: LocalPlatform) -> None:
    killed = platform.kill("similarity_service")

    wait_until(lambda: platform.process("similarity_service")["pid"] != killed)
    wait_until(lambda: platform.file["state"] == "ready")

    assert "was ended by SIGKILL" in platform.log("similarity_service")
    with platform.client() as client:
        assert client.get("api/v1/apps", params={"limit": 1}).status_code == 200


def test_status_says_what_runs_and_its_exit_status_means_it(platform: LocalPlatform) -> None:
    status = platform.run("status", "--json")

    assert status.returncode == 0
    assert json.loads(status.stdout)["catalogue"]["generated"] is True


def test_a_platform_without_its_emulator_goes_down_and_says_why(
    own_platform: LocalPlatform,
) -> None:
    up = own_platform.up()
    assert up.returncode == 0, up.stderr

    own_platform.kill("emulator")
    wait_until(lambda: not own_platform.processes())

    status = own_platform.run("status")
    assert status.returncode == 1
    assert "the emulator was ended by SIGKILL" in status.stdout
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", own_platform.ports["--start-port"]))
        holder.listen()
        assert own_platform.up().returncode == 2
    # What status pointed at is still there.
    assert "the emulator was ended by SIGKILL" in own_platform.run("status").stdout
    assert own_platform.log("similarity_service")
    assert own_platform.down().returncode == 0
    assert not own_platform.state.exists()
    assert own_platform.run("status").returncode == 3


def test_an_interrupted_up_leaves_nothing_behind(own_platform: LocalPlatform) -> None:
    up = own_platform.start_up()
    wait_until(lambda: (own_platform.state / "platform.json").exists())
    up.send_signal(signal.SIGINT)

    output, _ = up.communicate(timeout=60)

    assert up.returncode == 130, output
    assert "interrupted" in output
    assert not own_platform.processes()
    assert not own_platform.state.exists()


def test_a_port_in_use_is_named_with_the_option_that_moves_it(
    own_platform: LocalPlatform,
) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", own_platform.ports["--emulator-port"]))
        holder.listen()
        up = own_platform.up()

    assert up.returncode == 2
    assert f"port {own_platform.ports['--emulator-port']}" in up.stderr
    assert "--emulator-port" in up.stderr
    assert "KINDRED_EMULATOR_PORT=" in up.stderr
    assert not own_platform.state.exists()


def test_down_twice_is_no_error(own_platform: LocalPlatform) -> None:
    assert own_platform.down().returncode == 0
    assert own_platform.down().returncode == 0
