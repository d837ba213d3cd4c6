"""Who may sign in to manage experiments, and the four groups that say what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

# Each may do what those before it may, and more: the services' own order of roles.
ROLES = ("viewer", "experimenter", "approver", "admin")


_MFA = {
    "required": cognito.Mfa.REQUIRED,
    "optional": cognito.Mfa.OPTIONAL,
    "off": cognito.Mfa.OFF,
}


class UserPool(cognito.UserPool):
    """Administrators invite, nobody signs up.

    `client` is for programs that know a person's password, `console` for a page in a browser: it
    has no secret, and gets tokens for a code and the proof that it asked for it (PKCE).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        second_factor: Literal["required", "optional", "off"],
        domain_prefix: str,
        callback_urls: Sequence[str],
        deletion_protection: bool,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=_MFA[second_factor],
            mfa_second_factor=(
                None if second_factor == "off" else cognito.MfaSecondFactor(otp=True, sms=False)
            ),
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
            deletion_protection=deletion_protection,
            removal_policy=removal_policy,
        )
        self._add_groups()
        self._domain = self.add_domain(
            "Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=domain_prefix)
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
        self.console = self._console_client(callback_urls)

    @property
    def sign_in_url(self) -> str:
        """Of the hosted pages; `/oauth2/authorize` and `/oauth2/token` are below it."""
        return self._domain.base_url()

    def _add_groups(self) -> None:
        for precedence, role in enumerate(reversed(ROLES), start=1):
            cognito.CfnUserPoolGroup(
                self,
                role.title(),
                user_pool_id=self.user_pool_id,
                group_name=role,
                precedence=precedence,
            )

    def _console_client(self, callback_urls: Sequence[str]) -> cognito.UserPoolClient:
        scopes = cognito.OAuthScope
        return self.add_client(
            "Console",
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[scopes.OPENID, scopes.EMAIL, scopes.PROFILE],
                callback_urls=list(callback_urls),
                logout_urls=list(callback_urls),
            ),
            supported_identity_providers=[cognito.UserPoolClientIdentityProvider.COGNITO],
            generate_secret=False,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            id_token_validity=cdk.Duration.hours(1),
            access_token_validity=cdk.Duration.hours(1),
            # A page cannot keep a secret: its refresh token is good for a working day.
            refresh_token_validity=cdk.Duration.hours(12),
        )
