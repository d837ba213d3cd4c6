"""Who forgets a unit and who rotates secrets, and what that takes."""

from __future__ import annotations

FORGETS = "PrivacyStack/Forgetting/ForgetRecords/Role"
FORGETS_INSIDE = "PrivacyStack/Forgetting/ForgetInside/Role"
ROTATES = "PrivacyStack/RotatePseudonyms/Role"
ROTATES_CACHE = "PrivacyStack/RotateCachePassword/Role"
ROTATES_LOGIN = "PrivacyStack/RotateDatabaseLogin/Role"
ROTATES_ADMINISTRATOR = "PrivacyStack/RotateDatabaseAdministrator/Role"

_INSIDE = {FORGETS_INSIDE, ROTATES_LOGIN, ROTATES_ADMINISTRATOR}
_ALL = {FORGETS, ROTATES, ROTATES_CACHE} | _INSIDE
# What has no resource-level permission in IAM, and who needs it none the less.
EVERYWHERE: dict[str, set[str]] = {
    "ec2:AssignPrivateIpAddresses": _INSIDE,
    "ec2:CreateNetworkInterface": _INSIDE,
    "ec2:DeleteNetworkInterface": _INSIDE,
    "ec2:DescribeNetworkInterfaces": _INSIDE,
    "ec2:DescribeSubnets": _INSIDE,
    "ec2:UnassignPrivateIpAddresses": _INSIDE,
    "logs:DescribeLogGroups": {FORGETS},
    "xray:PutTelemetryRecords": _ALL,
    "xray:PutTraceSegments": _ALL,
}
