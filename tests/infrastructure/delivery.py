"""Who delivers, and what of that IAM cannot limit to a resource."""

from __future__ import annotations

from stacks.environment import Environment

_PULLING = ("Build/ImagesAmd64", "Build/ImagesArm64", "Build/Release", "Steps/Deploy")
_BRANCHES = {"GitHubStack/Roles/Branches"}


def everywhere(environment: Environment) -> dict[str, set[str]]:
    """Actions by the roles that may do them on anything."""
    found: dict[str, set[str]] = {}
    if environment.pipeline:
        found["ecr:GetAuthorizationToken"] = {f"PipelineStack/{name}Role" for name in _PULLING}
    if environment.github:
        for action in (
            *("acm:ImportCertificate", "cloudformation:DescribeStacks"),
            "sagemaker:ListEndpoints",
        ):
            found[action] = _BRANCHES
    return found
