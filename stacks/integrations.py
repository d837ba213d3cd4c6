"""What the experiments service may talk to beside AWS; a part that no file names is off."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.sizes import Part

# Complete, so that the service is granted this secret and no other. Its text is the key itself.
SecretArn = Annotated[
    str,
    Field(pattern=r"^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$"),
]
Address = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]


class Slack(Part):
    secret_arn: SecretArn
    channel: Annotated[str, Field(pattern=r"^#[a-z0-9_-]{1,79}$")] = "#experiments"


class Email(Part):
    """Sent by SendGrid."""

    secret_arn: SecretArn
    recipient: Address
    sender: Address


class Assistant(Part):
    """Proposes experiment designs; asks Anthropic."""

    secret_arn: SecretArn


class Integrations(Part):
    slack: Slack | None = None
    email: Email | None = None
    assistant: Assistant | None = None
