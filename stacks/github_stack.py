"""What workflows of GitHub may do in this environment's account."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from kindred_constructs.github_roles import GitHubRoles
from stacks.environment import Environment
from stacks.github import GitHub


class GitHubStack(cdk.Stack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        github: GitHub,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        roles = GitHubRoles(self, "Roles", repository=github.repository, base=environment.name)
        cdk.CfnOutput(self, "ReviewRoleArn", value=roles.review.role_arn)
        cdk.CfnOutput(self, "BranchRoleArn", value=roles.branches.role_arn)
