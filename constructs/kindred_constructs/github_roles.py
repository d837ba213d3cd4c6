"""Roles that workflows of GitHub take by their own tokens, each for one purpose."""

from __future__ import annotations

from collections.abc import Iterator

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from kindred_constructs.bootstrap_roles import bootstrap_role_arns
from kindred_constructs.grants import allow

ISSUER = "token.actions.githubusercontent.com"
# What waits for people of GitHub's environment of that name before it gets a token.
BRANCHES = "branches"
# What waits for nobody, and belongs to the default branch alone: it takes down what has expired.
EXPIRY = "branch-expiry"
_LONGEST_SESSION = cdk.Duration.hours(2)


class GitHubRoles(Construct):
    """`review` may look; `branches` may make and take down environments of branches of `base`.

    Instances of branches begin with a b, so that the names of their resources tell them apart from
    `base` itself and from every other environment of the account.
    """

    def __init__(self, scope: Construct, construct_id: str, *, repository: str, base: str) -> None:
        super().__init__(scope, construct_id)
        self._provider = iam.OidcProviderNative(
            self, "Provider", url=f"https://{ISSUER}", client_ids=["sts.amazonaws.com"]
        )
        self.review = self._role(
            "Review", f"repo:{repository}:pull_request", "Looks at what a pull request changes"
        )
        self._allow_bootstrap(self.review, "lookup")
        self.branches = self._role(
            "Branches",
            [f"repo:{repository}:environment:{each}" for each in (BRANCHES, EXPIRY)],
            "Makes environments of branches, and takes them down",
        )
        self._allow_bootstrap(
            self.branches, "deploy", "file-publishing", "image-publishing", "lookup"
        )
        self._allow_operating(f"b*-{base}")

    def _role(self, name: str, subject: str | list[str], description: str) -> iam.Role:
        return iam.Role(
            self,
            name,
            description=description,
            max_session_duration=_LONGEST_SESSION,
            assumed_by=iam.OpenIdConnectPrincipal(
                self._provider,
                conditions={
                    "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subject}
                },
            ),
        )

    def _allow_bootstrap(self, role: iam.Role, *kinds: str) -> None:
        own = bootstrap_role_arns(*kinds, accounts=[cdk.Aws.ACCOUNT_ID])
        allow(role, own, "sts:AssumeRole")

    def _allow_operating(self, slug: str) -> None:
        """What `kindred catalogue`, `certificate`, `experiment` and `delivery branch` do."""
        stack = cdk.Stack.of(self)
        for actions, resources in (*_named(stack, slug), *_unnamed(stack)):
            allow(self.branches, resources, *actions)
        self._allow_certificates(stack, slug)
        self._allow_keys(stack)

    def _allow_certificates(self, stack: cdk.Stack, slug: str) -> None:
        """To remove those that were imported with its environment's tag, which is given once."""
        tag, all_of_them = "aws:ResourceTag/Environment", [_arn(stack, "acm", "certificate", "*")]
        allow(
            self.branches,
            all_of_them,
            "acm:DeleteCertificate",
            conditions={"StringLike": {tag: slug}},
        )
        # An import with tags needs it too.
        allow(
            self.branches,
            all_of_them,
            "acm:AddTagsToCertificate",
            conditions={
                "StringLike": {"aws:RequestTag/Environment": slug},
                "StringLikeIfExists": {tag: slug},
            },
        )

    def _allow_keys(self, stack: cdk.Stack) -> None:
        """Of S3 and DynamoDB alone, whose objects and items are named above."""
        services = [f"{service}.{stack.region}.amazonaws.com" for service in ("dynamodb", "s3")]
        allow(
            self.branches,
            [_arn(stack, "kms", "key", "*")],
            *("kms:Decrypt", "kms:GenerateDataKey"),
            conditions={"StringEquals": {"kms:ViaService": services}},
        )


_Allowed = tuple[tuple[str, ...], list[str]]


def _named(stack: cdk.Stack, slug: str) -> Iterator[_Allowed]:
    """What has the name of its environment in its own."""
    objects = f"arn:{cdk.Aws.PARTITION}:s3:::kindred-{slug}-*"
    yield (
        (
            *("cloudformation:DeleteStack", "cloudformation:DescribeStackResources"),
            "cloudformation:ListStackResources",
        ),
        [_arn(stack, "cloudformation", "stack", f"Kindred-{slug}-*")],
    )
    yield (
        ("s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"),
        [f"{objects}/*"],
    )
    yield (("s3:ListBucket", "s3:ListBucketVersions"), [objects])
    yield (
        ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"),
        [_arn(stack, "dynamodb", "table", f"Kindred-{slug}-*")],
    )
    yield (
        ("ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"),
        [_arn(stack, "ssm", "parameter", f"kindred/{slug}/*")],
    )
    yield (
        ("sagemaker:DeleteEndpoint", "sagemaker:DescribeEndpoint"),
        [_arn(stack, "sagemaker", "endpoint", f"kindred-{slug}-*")],
    )


def _unnamed(stack: cdk.Stack) -> Iterator[_Allowed]:
    """APIs and certificates are known by numbers that AWS gives, and a list is of all."""
    yield (
        ("apigateway:GET", "apigateway:PATCH", "apigateway:POST"),
        [f"arn:{cdk.Aws.PARTITION}:apigateway:{stack.region}::/restapis/*"],
    )
    yield (("acm:DescribeCertificate",), [_arn(stack, "acm", "certificate", "*")])
    # A certificate that is imported has no number yet, stacks that are over are looked for among
    # all, without a name, and a list of endpoints takes no resource.
    yield (
        ("acm:ImportCertificate", "cloudformation:DescribeStacks", "sagemaker:ListEndpoints"),
        ["*"],
    )


def _arn(stack: cdk.Stack, service: str, resource: str, name: str) -> str:
    return stack.format_arn(service=service, resource=resource, resource_name=name)
