"""Decides where a visitor of a page is led, when two pages are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

from kindred.experiments.engine.context import Context
from kindred.experiments.engine.experiments import CompiledExperiment
from kindred.experiments.engine.snapshot import compile_snapshot
from kindred.experiments.engine.urls import query_override, url_with_query

_VISITOR = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_IN_PATHS = "/%:@!$&'()*+,;=-._~"
_PREFIX = "exp_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a browser asks for; `url` is absolute, `attributes` are what conditions may test."""

    url: str
    cookies: Mapping[str, str]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """`location` None shows the page that was asked for. `cookies` are to be kept for a year."""

    location: str | None
    cookies: Mapping[str, str]


PASS = Decision(None, {})


class SplitUrl:
    """`configuration` has the `hosts` that may be led to, the name of the `visitor_cookie`, and a
    `payload` whose experiments redirect.

    A page that any variation leads to is shown as it is: every redirect ends on such a page, so
    no visitor is led on twice, with or without cookies. A variation that leads to another host or
    to an address that browsers rewrite is not followed.
    """

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self._hosts = frozenset(str(host).lower() for host in configuration["hosts"])
        self._visitor_cookie = str(configuration["visitor_cookie"])
        self._experiments = [
            experiment
            for experiment in compile_snapshot(configuration["payload"]).redirecting
            if experiment.definition.get("active", True)
        ]
        self._units = {
            str(experiment.definition.get("hashAttribute") or "id")
            for experiment in self._experiments
        }

    def decide(self, page: Page, *, new_visitor: Callable[[], str]) -> Decision:
        """The first experiment that leads elsewhere decides; those before it keep their cookies.

        `new_visitor` gives an id to a visitor who has none.
        """
        if _host(page.url) not in self._hosts or self._is_led_to(page.url):
            return PASS
        visitor = page.cookies.get(self._visitor_cookie, "")
        known = _VISITOR.fullmatch(visitor) is not None
        unit = visitor if known else new_visitor()
        attributes = {**page.attributes, "url": page.url, **dict.fromkeys(self._units, unit)}
        context = Context(attributes, url=page.url)
        cookies: dict[str, str] = {}
        for experiment in self._experiments:
            variation = self._variation(experiment, page, context, cookies)
            location = None if variation is None else self._target(experiment, variation, page.url)
            if location is not None:
                break
        else:
            location = None
        if cookies and not known:
            cookies[self._visitor_cookie] = unit
        return Decision(location, cookies)

    def _variation(
        self,
        experiment: CompiledExperiment,
        page: Page,
        context: Context,
        cookies: dict[str, str],
    ) -> int | None:
        """The one that the address forces, else the remembered one, else the hash's; None when
        the visitor is not in the experiment. Adds the cookie that remembers it."""
        if not experiment.targets(page.url):
            return None
        forced = query_override(experiment.key, page.url, len(experiment.variations))
        if forced is not None:
            return forced
        name = f"{_PREFIX}{experiment.key}"
        remembered = page.cookies.get(name)
        if remembered in experiment.keys:
            variation = experiment.keys.index(remembered)
            if _redirect_of(experiment, variation):
                # Its year begins again.
                cookies[name] = remembered
            return variation
        result = experiment.assign(context)
        if result is None:
            return None
        cookies[name] = result.key
        return result.variation_id

    def _target(self, experiment: CompiledExperiment, variation: int, url: str) -> str | None:
        """Where the variation leads, with the visitor's own parameters; None for nowhere."""
        redirect = _redirect_of(experiment, variation)
        target = urljoin(url, redirect) if redirect else ""
        return url_with_query(target, url) if self._is_safe(target) else None

    def _is_safe(self, target: str) -> bool:
        path = urlsplit(target).path
        return (
            target.startswith("https://")
            and _host(target) in self._hosts
            and quote(path, safe=_IN_PATHS) == path
            and not {".", ".."} & set(path.split("/"))
        )

    def _is_led_to(self, url: str) -> bool:
        return any(_is_at(url, urljoin(url, target)) for target in self._targets())

    def _targets(self) -> Iterator[str]:
        for experiment in self._experiments:
            for variation in range(len(experiment.variations)):
                if redirect := _redirect_of(experiment, variation):
                    yield redirect


def _redirect_of(experiment: CompiledExperiment, variation: int) -> str | None:
    value = experiment.variations[variation]
    return value.get("urlRedirect") if isinstance(value, dict) else None


def _is_at(url: str, target: str) -> bool:
    """The same page, with at least the parameters that the target sets."""
    here, there = urlsplit(url), urlsplit(target)
    given = set(parse_qsl(here.query, keep_blank_values=True))
    return (
        _host(url) == _host(target)
        and (here.path.rstrip("/") == there.path.rstrip("/"))
        and given.issuperset(parse_qsl(there.query, keep_blank_values=True))
    )


def _host(url: str) -> str | None:
    """None for what is no address, or one with more than a host, such as another port than
    HTTPS's. Browsers end the host of `https://a\\@b/` where Python begins it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = parts.hostname
    return host if parts.netloc.lower() in (host, f"{host}:443") else None
