"""How people sign in: a second factor or none, and the addresses to which they come back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from stacks.sizes import Part

SecondFactor = Literal["required", "optional", "off"]
# Cognito's own rule: TLS, but for a page on the person's own machine.
CallbackUrl = Annotated[
    str, Field(pattern=r"^(https://[^\s#/]+|http://localhost(:\d{1,5})?)(/[^\s#]*)?$")
]
# Words that Cognito keeps to itself.
RESERVED = ("aws", "amazon", "cognito")


def _not_reserved(given: str) -> str:
    if any(word in given for word in RESERVED):
        raise ValueError(f"given {given!r}, allowed without {', '.join(RESERVED)}")
    return given


DomainPrefix = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$"),
    AfterValidator(_not_reserved),
]
# Where nobody has said where the console is, a page that somebody develops can sign them in.
ON_THIS_MACHINE = "http://localhost:8080/"


class SignIn(Part):
    """`callback_urls` come beside the console's address below the environment's domain.

    `second_factor` is required in production and optional elsewhere, unless it is given. The
    hosted pages are at `<domain_prefix>.auth.<region>.amazoncognito.com`, a name that one user
    pool of all AWS may have; without it, a name that no other has is made.
    """

    second_factor: SecondFactor | None = None
    callback_urls: Annotated[tuple[CallbackUrl, ...], Field(max_length=50)] = ()
    domain_prefix: DomainPrefix | None = None

    def factor(self, *, production: bool) -> SecondFactor:
        return self.second_factor or ("required" if production else "optional")

    def addresses(self, *, console_name: str | None) -> tuple[str, ...]:
        """Where people may come back to, the console's own first."""
        console = (f"https://{console_name}/",) if console_name else ()
        return tuple(dict.fromkeys((*console, *self.callback_urls))) or (ON_THIS_MACHINE,)
