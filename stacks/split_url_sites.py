"""The sites of an environment's file whose pages are compared at the edge."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_route53 as route53
from constructs import Construct

from kindred_constructs.edge_site import EdgeGuards, point
from kindred_constructs.split_url_distribution import SplitUrlDistribution
from stacks.edge import SplitUrlSite


def add_split_url_sites(
    scope: Construct,
    sites: Sequence[SplitUrlSite],
    *,
    guards: EdgeGuards,
    zone: route53.IHostedZone | None,
) -> None:
    """A site that brings its certificate brings its address records too."""
    for site in sites:
        made = SplitUrlDistribution(
            scope,
            site.name,
            origin=origins.HttpOrigin(site.origin),
            domain_names=site.domain_names,
            certificate=_certificate(scope, site, zone),
            configuration=site.configuration,
            guards=guards,
        )
        if zone and not site.certificate_arn:
            for host in site.domain_names:
                labels = host.removesuffix(zone.zone_name).replace(".", " ").title()
                point(
                    made,
                    made.distribution,
                    host=host,
                    zone=zone,
                    construct_id=f"{labels.replace(' ', '') or 'Apex'}Alias",
                )


def _certificate(
    scope: Construct, site: SplitUrlSite, zone: route53.IHostedZone | None
) -> acm.ICertificate:
    construct_id = f"{site.name}Certificate"
    if site.certificate_arn:
        return acm.Certificate.from_certificate_arn(scope, construct_id, site.certificate_arn)
    first, *others = site.domain_names
    return acm.Certificate(
        scope,
        construct_id,
        domain_name=first,
        subject_alternative_names=others or None,
        validation=acm.CertificateValidation.from_dns(zone),
    )
