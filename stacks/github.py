"""Who of GitHub may act in an environment's account, without a key."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.sizes import Part

Repository = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$")]


class GitHub(Part):
    """Workflows of `repository` may see what a change would do, and have environments of branches.

    An account has one provider of GitHub's tokens, so that one of its environments has this.
    """

    repository: Repository
