"""The console as browsers get it: assets named by their content, and pages that name them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "console"
ASSETS = "assets"
# A changed asset has another name, so that one under its name never changes.
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_MINUTE = "public, max-age=60"
CONFIGURATION = "config.json"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}
_HASHED = (".css", ".js")
# What one asset says of another, and a page of an asset.
_BESIDE = re.compile(r'"\./([\w-]+\.(?:css|js))"')
_FROM_A_PAGE = re.compile(rf'"/{ASSETS}/([\w-]+\.(?:css|js))"')


class InvalidSite(ValueError):
    """Sources that name what is not there, or each other in a circle."""


@dataclass(frozen=True, slots=True)
class SiteFile:
    """`key` is its path below the site's root."""

    key: str
    content: bytes
    media_type: str
    cache_control: str


def build(configuration: Mapping[str, str], *, sources: Path = SOURCES) -> tuple[SiteFile, ...]:
    """Assets first, then the pages that name them. Raises InvalidSite.

    `configuration` is what the pages read at `/config.json`.
    """
    assets: dict[str, SiteFile] = {}
    for path in sorted(sources.iterdir()):
        if path.suffix in _HASHED:
            _asset(path.name, sources, assets, ())
    pages = [
        _file(path.name, _named(path, _FROM_A_PAGE, f"/{ASSETS}/", assets), FOR_A_MINUTE)
        for path in sorted(sources.iterdir())
        if path.suffix in {".html", ".txt"}
    ]
    settings = json.dumps(dict(configuration), sort_keys=True).encode()
    return (*assets.values(), _file(CONFIGURATION, settings, FOR_A_MINUTE), *pages)


def _asset(
    name: str, sources: Path, made: dict[str, SiteFile], within: tuple[str, ...]
) -> SiteFile:
    """With the assets that it names, whose names are part of its content."""
    if name in within:
        raise InvalidSite(f"{' -> '.join((*within, name))}: allowed without a circle")
    if name not in made:
        path = sources / name
        if not path.is_file():
            raise InvalidSite(f"{within[-1]}: given {name}, allowed a file of {sources.name}/")
        for other in _BESIDE.findall(path.read_text("utf-8")):
            _asset(other, sources, made, (*within, name))
        content = _named(path, _BESIDE, "./", made)
        digest = hashlib.sha256(content).hexdigest()[:16]
        made[name] = _file(f"{ASSETS}/{path.stem}-{digest}{path.suffix}", content, FOR_EVER)
    return made[name]


def _named(
    path: Path, reference: re.Pattern[str], prefix: str, assets: Mapping[str, SiteFile]
) -> bytes:
    """The text, with each reference to an asset by the name that it is published under."""

    def published(found: re.Match[str]) -> str:
        if found[1] not in assets:
            raise InvalidSite(f"{path.name}: given {found[1]}, allowed {', '.join(assets)}")
        return f'"{prefix}{assets[found[1]].key.removeprefix(f"{ASSETS}/")}"'

    return reference.sub(published, path.read_text("utf-8")).encode()


def _file(key: str, content: bytes, cache_control: str) -> SiteFile:
    return SiteFile(key, content, _TYPES[Path(key).suffix], cache_control)
