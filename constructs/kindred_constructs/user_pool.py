"""Who may sign in to manage experiments, and the four groups that say what they may do."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

# Each may do what those before it may, and more: the services' own order of roles.
ROLES = ("viewer", "experimenter", "approver", "admin")


class UserPool(cognito.UserPool):
    """Administrators invite, nobody signs up; in production a password alone is not enough."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        production: bool,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.REQUIRED if production else cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_lowercase=True,
                require_uppercase=True,
                require_digits=True,
                require_symbols=True,
                temp_password_validity=cdk.Duration.days(3),
            ),
            feature_plan=cognito.FeaturePlan.PLUS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION,
            deletion_protection=production,
            removal_policy=removal_policy,
        )
        for precedence, role in enumerate(reversed(ROLES), start=1):
            cognito.CfnUserPoolGroup(
                self,
                role.title(),
                user_pool_id=self.user_pool_id,
                group_name=role,
                precedence=precedence,
            )
        self.client = self.add_client(
            "Client",
            auth_flows=cognito.AuthFlow(user_srp=True, admin_user_password=True),
            disable_o_auth=True,
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            id_token_validity=cdk.Duration.hours(1),
            access_token_validity=cdk.Duration.hours(1),
            refresh_token_validity=cdk.Duration.days(1),
        )
