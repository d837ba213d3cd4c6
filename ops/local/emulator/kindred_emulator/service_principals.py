"""Whether a resource's own policy lets a service of AWS do something to it."""

from __future__ import annotations

from collections.abc import Mapping

from ministack.core import iam_evaluator
from ministack.core.responses import get_region


def service_refusal(
    principal: str, action: str, resource_arn: str, context: Mapping[str, str]
) -> str | None:
    """Why `events.amazonaws.com`, say, may not; None when it may. Of the context, AWS's keys."""
    service = action.partition(":")[0]
    found = iam_evaluator._resource_policy(service, resource_arn)
    asked = iam_evaluator.EvalContext(
        # The caller is the service, and nobody of an account.
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource_arn,
        region=get_region(),
        service_context={name.lower(): value for name, value in context.items()},
        secure_transport=True,
    )
    policy = found[0] if found else None
    result = iam_evaluator.evaluate_resource_policy(policy, asked, service=principal)
    if result.decision == "Allow":
        return None
    return f"the policy of {resource_arn} does not let {principal} perform {action}"
