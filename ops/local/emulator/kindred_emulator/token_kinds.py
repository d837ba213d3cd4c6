"""Which token a method of API Gateway takes. Pure."""

from __future__ import annotations

ID_TOKEN = "id"  # noqa: S105


def takes(kind: object, scopes: object) -> bool:
    """Whether a method with these scopes takes a token of this kind; those with scopes look at the
    token's own."""
    return bool(scopes) or kind == ID_TOKEN
