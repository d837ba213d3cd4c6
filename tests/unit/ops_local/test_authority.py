"""One authority vouches for every server of a platform, and for nobody after that."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from ops.local.authority import issue_certificates, server_certificate


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_all_servers_are_vouched_for_by_the_one_authority(tmp_path: Path) -> None:
    authority, folder = tmp_path / "authority.pem", tmp_path / "certificates"

    issue_certificates(authority, folder, names=("cache", "database"))

    for name in ("cache", "database"):
        issued = server_certificate(folder, name)
        read(issued.certificate).verify_directly_issued_by(read(authority))
        assert issued.key.stat().st_mode & 0o077 == 0


def test_the_authoritys_key_is_kept_nowhere(tmp_path: Path) -> None:
    issue_certificates(tmp_path / "authority.pem", tmp_path / "certificates", names=("cache",))

    keys = [
        path for path in tmp_path.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()
    ]

    assert keys == [server_certificate(tmp_path / "certificates", "cache").key]
