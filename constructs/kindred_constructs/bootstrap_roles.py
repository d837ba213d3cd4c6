"""What `cdk bootstrap` made in an account, by the names that it gives."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk

QUALIFIER = cdk.DefaultStackSynthesizer.DEFAULT_QUALIFIER


def bootstrap_role_arns(*kinds: str, accounts: Sequence[str]) -> list[str]:
    """`kinds` among `deploy`, `file-publishing`, `image-publishing` and `lookup`, of which the
    last may read and no more. The region is left open: an environment names its own.
    """
    return [
        f"arn:{cdk.Aws.PARTITION}:iam::{account}:role/cdk-{QUALIFIER}-{kind}-role-{account}-*"
        for account in accounts
        for kind in kinds
    ]
