"""What a release changes in an environment, in a few lines that somebody can approve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# As much as CodePipeline shows with an approval, less what it puts around it.
LONGEST_SUMMARY = 950
# What holds state: that it goes or changes is told first.
_STATE = (
    "AWS::Cognito::UserPool",
    "AWS::DynamoDB::",
    "AWS::ECR::Repository",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::KMS::Key",
    "AWS::Kinesis::Stream",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::",
    "AWS::S3::Bucket",
    "AWS::SageMaker::FeatureGroup",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::SecretsManager::Secret",
)
_ACCESS = ("AWS::IAM::", "AWS::EC2::SecurityGroup", "AWS::S3::BucketPolicy", "AWS::KMS::Key")
Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackChanges:
    """Logical ids with their types, of one stack."""

    stack: str
    new: bool
    added: dict[str, str]
    removed: dict[str, str]
    changed: dict[str, str]

    @property
    def any(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def stack_changes(stack: str, *, deployed: Template | None, wanted: Template) -> StackChanges:
    """Properties and what guards a resource count; where it comes from in our code does not."""
    before = {key: _told(body) for key, body in (deployed or {}).get("Resources", {}).items()}
    after = {key: _told(body) for key, body in wanted["Resources"].items()}
    return StackChanges(
        stack=stack,
        new=deployed is None,
        added={key: after[key]["Type"] for key in sorted(after.keys() - before.keys())},
        removed={key: before[key]["Type"] for key in sorted(before.keys() - after.keys())},
        changed={
            key: after[key]["Type"]
            for key in sorted(after.keys() & before.keys())
            if after[key] != before[key]
        },
    )


def summary(tag: str, changes: Sequence[StackChanges]) -> str:
    """One line, the gravest first, at most `LONGEST_SUMMARY` characters."""
    parts = [f"release {tag}"]
    lost = _matching(changes, "removed", _STATE)
    touched = _matching(changes, "changed", _STATE)
    access = len(_matching(changes, "changed", _ACCESS) + _matching(changes, "added", _ACCESS))
    if lost:
        parts.append(f"REMOVES STATE: {', '.join(lost)}")
    if touched:
        parts.append(f"changes what holds state: {', '.join(touched)}")
    if access:
        parts.append(f"changes {access} permissions or security groups")
    parts += [_counts(each) for each in changes if each.any]
    if len(parts) == 1:
        parts.append("changes nothing")
    text = "; ".join(parts)
    return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 3]}..."


def _told(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "Metadata"}


def _matching(changes: Sequence[StackChanges], kind: str, types: tuple[str, ...]) -> list[str]:
    return [
        f"{each.stack}/{key}"
        for each in changes
        for key, found in getattr(each, kind).items()
        if found.startswith(types)
    ]


def _counts(changes: StackChanges) -> str:
    if changes.new:
        return f"{changes.stack}: new, {len(changes.added)} resources"
    signs = (("+", changes.added), ("-", changes.removed), ("~", changes.changed))
    return f"{changes.stack}: " + " ".join(f"{sign}{len(ids)}" for sign, ids in signs if ids)
