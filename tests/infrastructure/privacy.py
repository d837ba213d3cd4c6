"""Who forgets a unit and who rotates pseudonyms, and what that takes."""

from __future__ import annotations

FORGETS = "PrivacyStack/Forgetting/ForgetRecords/Role"
FORGETS_INSIDE = "PrivacyStack/Forgetting/ForgetInside/Role"
ROTATES = "PrivacyStack/RotatePseudonyms/Role"
ROTATES_CACHE = "PrivacyStack/RotateCachePassword/Role"

_ALL = {FORGETS, FORGETS_INSIDE, ROTATES, ROTATES_CACHE}
# What has no resource-level permission in IAM, and who needs it none the less.
EVERYWHERE: dict[str, set[str]] = {
    "ec2:AssignPrivateIpAddresses": {FORGETS_INSIDE},
    "ec2:CreateNetworkInterface": {FORGETS_INSIDE},
    "ec2:DeleteNetworkInterface": {FORGETS_INSIDE},
    "ec2:DescribeNetworkInterfaces": {FORGETS_INSIDE},
    "ec2:DescribeSubnets": {FORGETS_INSIDE},
    "ec2:UnassignPrivateIpAddresses": {FORGETS_INSIDE},
    "logs:DescribeLogGroups": {FORGETS},
    "xray:PutTelemetryRecords": _ALL,
    "xray:PutTraceSegments": _ALL,
}
