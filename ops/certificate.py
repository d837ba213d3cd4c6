"""The internal load balancer's certificate, where there is no domain: made, renewed, accepted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from types_boto3_acm.client import ACMClient
    from types_boto3_apigateway.client import APIGatewayClient
    from types_boto3_ssm.client import SSMClient

VALID_DAYS = 397
RENEW_BEFORE_DAYS = 30
PUBLIC_STAGE = "public"
TLS_PATH = "/tlsConfig/insecureSkipVerification"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfSigned:
    """PEM of a certificate and its key. The key goes to ACM and is kept nowhere else."""

    certificate: bytes
    private_key: bytes


def self_signed(server_name: str, *, now: dt.datetime) -> SelfSigned:
    """Its own authority, as API Gateway wants of a certificate that nobody else signed."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kindred internal")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=True,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(server_name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    return SelfSigned(
        certificate=certificate.public_bytes(serialization.Encoding.PEM),
        private_key=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def ensure_certificate(
    acm: ACMClient,
    ssm: SSMClient,
    *,
    parameter: str,
    region: str,
    tags: Mapping[str, str],
    now: dt.datetime,
) -> tuple[str, bool]:
    """ARN of a certificate that holds for a while yet, and whether one was made for it.

    A certificate about to end is replaced under its own ARN, so that nothing is deployed again.
    """
    arn = _known(ssm, parameter)
    expires = _expiry(acm, arn) if arn else None
    if arn and expires and expires > now + dt.timedelta(days=RENEW_BEFORE_DAYS):
        return arn, False
    made = self_signed(f"*.{region}.elb.amazonaws.com", now=now)
    if arn and expires:
        acm.import_certificate(
            CertificateArn=arn, Certificate=made.certificate, PrivateKey=made.private_key
        )
        return arn, True
    arn = acm.import_certificate(
        Certificate=made.certificate,
        PrivateKey=made.private_key,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )["CertificateArn"]
    ssm.put_parameter(Name=parameter, Value=arn, Type="String", Overwrite=True)
    return arn, True


def remove_certificate(acm: ACMClient, ssm: SSMClient, *, parameter: str) -> None:
    """And the parameter that names it. Nothing where there is none."""
    arn = _known(ssm, parameter)
    if arn is None:
        return
    with suppress(acm.exceptions.ResourceNotFoundException):
        acm.delete_certificate(CertificateArn=arn)
    ssm.delete_parameter(Name=parameter)


def accept_certificate(apigateway: APIGatewayClient, *, api_id: str) -> int:
    """Let API Gateway take the certificate, and publish that; returns how many routes changed.

    CloudFormation has no property for it, and takes it back from a route that it changes.
    """
    changed = 0
    pages = apigateway.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    for resource in (resource for page in pages for resource in page["items"]):
        for method, described in resource.get("resourceMethods", {}).items():
            tls = described.get("methodIntegration", {}).get("tlsConfig", {})
            if tls.get("insecureSkipVerification"):
                continue
            apigateway.update_integration(
                restApiId=api_id,
                resourceId=resource["id"],
                httpMethod=method,
                patchOperations=[{"op": "replace", "path": TLS_PATH, "value": "true"}],
            )
            changed += 1
    if changed:
        apigateway.create_deployment(restApiId=api_id, stageName=PUBLIC_STAGE)
    return changed


def _known(ssm: SSMClient, parameter: str) -> str | None:
    try:
        return ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None


def _expiry(acm: ACMClient, arn: str) -> dt.datetime | None:
    try:
        return acm.describe_certificate(CertificateArn=arn)["Certificate"]["NotAfter"]
    except acm.exceptions.ResourceNotFoundException:
        return None
