"""How a client of PostgreSQL gets from a plain connection to TLS, and what one without TLS gets.

Source: PostgreSQL's "Frontend/Backend Protocol", sections "SSL Session Encryption" and "Message
Formats".
"""

from __future__ import annotations

import asyncio
import ssl
import struct

HEADER = struct.Struct("!II")
TLS_REQUEST = 80877103
GSSAPI_REQUEST = 80877104
YES, NO = b"S", b"N"
REFUSAL = "this database is entered with TLS only"
INVALID_AUTHORIZATION = "28000"


async def enter(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext
) -> bool:
    """Answer the client's first request; whether it speaks TLS from here on."""
    while True:
        _, code = HEADER.unpack(await reader.readexactly(HEADER.size))
        if code == TLS_REQUEST:
            writer.write(YES)
            await writer.start_tls(context)
            return True
        if code != GSSAPI_REQUEST:
            writer.write(refusal())
            await writer.drain()
            return False
        writer.write(NO)


def refusal() -> bytes:
    """The error that ends a connection, as PostgreSQL words it."""
    fields = {"S": "FATAL", "V": "FATAL", "C": INVALID_AUTHORIZATION, "M": REFUSAL}
    body = b"".join(f"{kind}{value}\0".encode() for kind, value in fields.items()) + b"\0"
    return b"E" + struct.pack("!I", len(body) + 4) + body
