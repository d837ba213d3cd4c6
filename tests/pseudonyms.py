"""Pseudonyms under a key that tests know, as what reads the secret gives them."""

from datetime import UTC, datetime

from kindred.privacy.pseudonyms import Generation, Pseudonyms


class SecretFake:
    """In force from 2000 on, unless other generations are given."""

    def __init__(self, *generations: Generation) -> None:
        first = Generation(number=1, since=datetime(2000, 1, 1, tzinfo=UTC), key="k" * 64)
        self.current = Pseudonyms(generations or [first])


def pseudonym(unit_id: str) -> str:
    """Under the first generation alone."""
    return SecretFake().current.every(unit_id)[0]
