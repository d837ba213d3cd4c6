"""What a stream of transactions costs: rights once a table, expressions and policies read once.

The emulator reads the role's policies for every item of a transaction, and keeps each transaction
for ten minutes whole, to know it again by its token. A replay of an experiment writes thousands.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb

TEXTS_REMEMBERED = 4_096


class SameAs:
    """Equal to what it was made from; keeps a digest of that, and not the thing."""

    def __init__(self, content: Any) -> None:
        self._digest = _digest(content)

    def __eq__(self, other: object) -> bool:
        return self._digest == _digest(other)

    def __hash__(self) -> int:
        return hash(self._digest)


def _digest(content: Any) -> bytes:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()


def install() -> None:
    """The same decisions as the emulator's, made with less."""
    checks, store = iam_actions.dynamodb_transaction_checks, dynamodb._txn_token_store
    parse = iam_evaluator.parse_policy_document
    parse_text = lru_cache(maxsize=TEXTS_REMEMBERED)(parse)

    def distinct_checks(*request: Any) -> list[tuple[str, str]]:
        return list(dict.fromkeys(checks(*request)))

    def store_digest(token: str, entry: dict[str, Any]) -> None:
        store(token, {**entry, "signature": SameAs(entry["signature"])})

    def parsed(document: Any) -> Any:
        return parse_text(document if isinstance(document, str) else _text(document))

    iam_actions.dynamodb_transaction_checks = distinct_checks
    iam_evaluator.parse_policy_document = parsed
    dynamodb._txn_token_store = store_digest
    dynamodb._condition_syntax_error = lru_cache(maxsize=TEXTS_REMEMBERED)(
        dynamodb._condition_syntax_error
    )


def _text(document: Any) -> str:
    return json.dumps(document)
