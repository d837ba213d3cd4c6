"""What browsers are told about every answer: TLS alone, no guessing, no frames, no strangers."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from constructs import Construct

_NOTHING = "default-src 'none'; frame-ancestors 'none'"
_PERMISSIONS = ("camera", "geolocation", "microphone", "payment", "usb")


class SecurityHeaders(cloudfront.ResponseHeadersPolicy):
    """`connect_to` are origins that a page may call beside its own; None is for answers that are
    no page, which may load nothing at all."""

    def __init__(
        self, scope: Construct, construct_id: str, *, connect_to: Sequence[str] | None = None
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=_NOTHING if connect_to is None else _page(connect_to),
                    override=True,
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    # The address of the page holds the code with which somebody has signed in.
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER,
                    override=True,
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=cdk.Duration.days(730),
                    include_subdomains=True,
                    override=True,
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(
                        header="permissions-policy",
                        value=", ".join(f"{name}=()" for name in _PERMISSIONS),
                        override=True,
                    ),
                    cloudfront.ResponseCustomHeader(
                        header="cross-origin-opener-policy", value="same-origin", override=True
                    ),
                ]
            ),
            # What API Gateway says of itself helps an attacker alone.
            remove_headers=["x-powered-by", "server"],
        )


def _page(connect_to: Sequence[str]) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            " ".join(("connect-src 'self'", *connect_to)),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
