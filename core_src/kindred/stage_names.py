"""Which of an account's resources are an environment's, by the names that CloudFormation gives."""

from __future__ import annotations


def is_of_stage(name: str, stage: str) -> bool:
    """`Kindred-dev` has `Kindred-dev-ApiStack-...`, and not `Kindred-dev-eu-west-1-ApiStack-...`.

    A stack's name begins with a capital letter; an environment's and a region's never do.
    """
    rest = name.removeprefix(f"{stage}-")
    return rest != name and rest[:1].isupper()
