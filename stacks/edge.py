"""What stands before the platform on the internet, and the sites that are tested there."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from kindred_constructs.edge_bundle import EdgeBundle
from stacks.sizes import Part

# AWS WAF's own bounds of a rate-based rule.
FEWEST_REQUESTS, MOST_REQUESTS = 10, 2_000_000_000
WINDOW_SECONDS = 300

HostName = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$")]
CertificateArn = Annotated[str, Field(pattern=r"^arn:aws:acm:us-east-1:\d{12}:certificate/[\w-]+$")]


def _addresses(given: str) -> str:
    try:
        network = ipaddress.ip_network(given)
    except ValueError as error:
        raise ValueError(
            f"given {given!r}, allowed addresses like 203.0.113.0/24 or 2001:db8::/32: {error}"
        ) from None
    if network.prefixlen == 0:
        raise ValueError(f"given {given!r}, allowed less than the whole internet: AWS WAF does not")
    return str(network)


Addresses = Annotated[str, AfterValidator(_addresses)]


class SplitUrlSite(Part):
    """A site whose pages are compared: CloudFront stands before `origin` under `domain_names`.

    `experiments` are GrowthBook's, with variations that redirect. Names that are not of the
    environment's domain bring a `certificate_arn` of us-east-1.
    """

    name: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]{0,19}$")]
    origin: HostName
    domain_names: Annotated[tuple[HostName, ...], Field(min_length=1, max_length=10)]
    certificate_arn: CertificateArn | None = None
    visitor_cookie: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = "visitor"
    experiments: Annotated[tuple[dict[str, Any], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _runs_at_the_edge(self) -> Self:
        for experiment in self.experiments:
            missing = {"key", "variations"} - experiment.keys()
            if missing:
                raise ValueError(
                    f"experiments: given one without {', '.join(sorted(missing))}, "
                    "allowed with a key and its variations"
                )
        EdgeBundle(self.configuration)
        return self

    @property
    def configuration(self) -> dict[str, Any]:
        """What the function at the edge reads."""
        return {
            "hosts": list(self.domain_names),
            "visitor_cookie": self.visitor_cookie,
            "payload": {"experiments": list(self.experiments)},
        }


class Edge(Part):
    """Who may come in, and how long CloudFront answers a repeated query itself.

    With `allow_ips` nobody else may; `block_ips` may not in any case. The rate is of one address,
    over five minutes; without it, one address may send what the API takes from everybody.
    """

    cache_seconds: Annotated[int, Field(ge=0, le=86_400)] = 60
    allow_ips: tuple[Addresses, ...] = ()
    block_ips: tuple[Addresses, ...] = ()
    rate_limit_per_5_minutes: Annotated[int, Field(ge=FEWEST_REQUESTS, le=MOST_REQUESTS)] | None = (
        None
    )
    split_urls: tuple[SplitUrlSite, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for what, given in (
            ("name", [site.name for site in self.split_urls]),
            ("domain_names", [name for site in self.split_urls for name in site.domain_names]),
        ):
            twice = sorted({each for each in given if given.count(each) > 1})
            if twice:
                raise ValueError(
                    f"split_urls: {what}: given {', '.join(twice)} twice, allowed once"
                )
        return self

    def rate_limit(self, *, rate_per_second: int) -> int:
        """Requests of one address in five minutes, where the API takes `rate_per_second`."""
        return self.rate_limit_per_5_minutes or rate_per_second * WINDOW_SECONDS

    def without_certificate(self, domain: str | None) -> list[str]:
        """Names of sites that are neither of the domain nor come with a certificate."""
        return [
            name
            for site in self.split_urls
            if not site.certificate_arn
            for name in site.domain_names
            if not domain or not (name == domain or name.endswith(f".{domain}"))
        ]


def public_name(kind: str, *, domain: str, instance: str | None, region: str | None) -> str:
    """`console.example.com`; of another instance and region `console-pr1-eu-west-1.example.com`."""
    return f"{'-'.join(part for part in (kind, instance, region) if part)}.{domain}"
