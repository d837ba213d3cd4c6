"""What PostgreSQL keeps of a password. Pure.

Source: RFC 5802 and PostgreSQL's `scram-common.c`.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

ITERATIONS = 4096


def scram_verifier(password: str, *, salt: bytes) -> str:
    """`SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`, for an ASCII password."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(_signed(salted, b"Client Key")).digest()
    server = _signed(salted, b"Server Key")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _signed(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _text(value: bytes) -> str:
    return b64encode(value).decode()
