"""Payloads that are encrypted for one client key."""

from __future__ import annotations

import binascii
from base64 import b64decode


class CannotDecrypt(ValueError):
    """The text is not what the key encrypted; the message says which part is wrong."""


def decrypt(text: str, key: str) -> str:
    """`text` is the initialization vector and the cipher text of AES-CBC (PKCS#7 padding), both in
    base64, with a dot between; `key` is 16, 24 or 32 bytes in base64."""
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        from cryptography.hazmat.primitives.padding import PKCS7
    except ImportError as error:
        # At the edge, whose configuration is opened before it is baked in.
        raise CannotDecrypt("encrypted payload: the package cryptography is not here") from error
    vector, dot, body = text.partition(".")
    if not dot:
        raise CannotDecrypt("encrypted payload: no dot between initialization vector and text")
    try:
        cipher = Cipher(
            algorithms.AES(b64decode(key, validate=True)),
            modes.CBC(b64decode(vector, validate=True)),
        )
        decryptor = cipher.decryptor()
        padded = decryptor.update(b64decode(body, validate=True)) + decryptor.finalize()
        unpadder = PKCS7(128).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except (ValueError, binascii.Error) as error:
        raise CannotDecrypt(f"encrypted payload: {error}") from error
