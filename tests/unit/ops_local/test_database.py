"""Who gets into the database on this machine, and how."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode

import pytest

from kindred.privacy.password_verifier import scram_verifier
from ops.local.database_entry import GSSAPI_REQUEST, HEADER, TLS_REQUEST, enter
from ops.local.database_users import quoted

STARTUP = 196608


class Writer:
    """What the client gets to see, and whether TLS began."""

    def __init__(self) -> None:
        self.written = b""
        self.encrypted = False

    def write(self, content: bytes) -> None:
        self.written += content

    async def drain(self) -> None:
        """Everything is there at once."""

    async def start_tls(self, _: ssl.SSLContext) -> None:
        self.encrypted = True


def entered(*codes: int) -> tuple[bool, Writer]:
    async def run() -> tuple[bool, Writer]:
        reader, writer = asyncio.StreamReader(), Writer()
        reader.feed_data(b"".join(HEADER.pack(HEADER.size, code) for code in codes))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        return await enter(reader, writer, context), writer  # type: ignore[arg-type]

    return asyncio.run(run())


def test_who_asks_for_tls_gets_it() -> None:
    allowed, writer = entered(TLS_REQUEST)

    assert allowed
    assert writer.encrypted
    assert writer.written == b"S"


def test_who_asks_for_kerberos_first_is_told_no_and_may_ask_for_tls() -> None:
    allowed, writer = entered(GSSAPI_REQUEST, TLS_REQUEST)

    assert allowed
    assert writer.written == b"NS"


def test_who_begins_without_tls_is_refused_in_words() -> None:
    allowed, writer = entered(STARTUP)

    assert not allowed
    assert not writer.encrypted
    assert writer.written.startswith(b"E")
    assert b"C28000\0" in writer.written
    assert b"with TLS only" in writer.written


def test_a_password_is_kept_as_the_rfcs_example_keeps_it() -> None:
    """RFC 7677, section 3: user `user`, password `pencil`."""
    verifier = scram_verifier("pencil", salt=b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="))

    assert verifier == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("kindred", '"kindred"', id="a plain name"),
        pytest.param('a"; DROP', '"a""; DROP"', id="a name that would end its quotes"),
    ],
)
def test_names_are_quoted(name: str, expected: str) -> None:
    assert quoted(name) == expected
