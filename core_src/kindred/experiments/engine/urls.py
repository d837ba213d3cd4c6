"""What the engine reads from a page's address, and where a redirect leads."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit, urlunsplit

_DIGITS = re.compile(r"\d{1,9}", re.ASCII)
_ANY_BYTES = "surrogateescape"
UrlTest = Callable[[str], bool]


def query_override(key: str, url: str, count: int) -> int | None:
    """The variation that the address forces, e.g. `?my-test=1`, when it is one of `count`."""
    if "?" not in url:
        return None
    query = url.partition("#")[0].partition("?")[2]
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if unquote_plus(name) == key:
            forced = int(value) if _DIGITS.fullmatch(value) else count
            return forced if forced < count else None
    return None


def url_with_query(url: str, current_url: str) -> str:
    """`url` with the parameters of `current_url` that it does not set itself. Bytes that are no
    UTF-8, which older pages send, come out as they came in."""
    target = urlsplit(url)
    own = _parameters(target.query)
    names = {name for name, _ in own}
    kept = [each for each in _parameters(urlsplit(current_url).query) if each[0] not in names]
    if not kept:
        return url
    return urlunsplit(target._replace(query=urlencode(own + kept, errors=_ANY_BYTES)))


def _parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True, errors=_ANY_BYTES)


def compile_url_patterns(patterns: Sequence[Any]) -> UrlTest:
    """One including pattern has to match, when there are any, and no excluding one may."""
    tests = [
        (bool(pattern.get("include", True)), _compile_pattern(pattern))
        for pattern in patterns
        if isinstance(pattern, dict)
    ]
    including = [test for include, test in tests if include]
    excluding = [test for include, test in tests if not include]

    def targeted(url: str) -> bool:
        if not tests:
            return False
        try:
            if any(test(url) for test in excluding):
                return False
            return not including or any(test(url) for test in including)
        except ValueError:
            return False

    return targeted


def _compile_pattern(pattern: dict[str, Any]) -> UrlTest:
    text = str(pattern.get("pattern", ""))
    if pattern.get("type") == "regex":
        return _regex(text)
    return _simple(text)


def _regex(text: str) -> UrlTest:
    try:
        # Browsers accept an escaped slash where it means itself.
        search = re.compile(text.replace(r"\/", "/"), re.IGNORECASE).search
    except re.error:
        return lambda _: False

    def test(url: str) -> bool:
        parts = urlsplit(url)
        path = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
        return search(url) is not None or search(path) is not None

    return test


def _simple(text: str) -> UrlTest:
    """`*` stands for anything; host, path and each parameter given have to match."""
    if text.startswith("/"):
        parts = urlsplit(text)
        host = None
    else:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = _wildcards(parts.netloc)
    path = _wildcards(parts.path.strip("/"))
    fragment = _wildcards(parts.fragment) if parts.fragment else None
    query = [(name, _wildcards(value)) for name, value in parse_qsl(parts.query, True)]

    def test(url: str) -> bool:
        page = urlsplit(url)
        given = dict(parse_qsl(page.query, keep_blank_values=True))
        return (
            (host is None or host.fullmatch(page.netloc) is not None)
            and path.fullmatch(page.path.strip("/")) is not None
            and (fragment is None or fragment.fullmatch(page.fragment) is not None)
            and all(wanted.fullmatch(given.get(name, "")) is not None for name, wanted in query)
        )

    return test


def _wildcards(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.IGNORECASE)
