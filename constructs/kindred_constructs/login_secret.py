"""What a secret of a user and a password is generated as."""

from __future__ import annotations

import json

from aws_cdk import aws_secretsmanager as secretsmanager


def generated_login(username: str) -> secretsmanager.SecretStringGenerator:
    """`username` and `password` in one document: letters and digits, as every client takes them."""
    return secretsmanager.SecretStringGenerator(
        secret_string_template=json.dumps({"username": username}),
        generate_string_key="password",
        password_length=64,
        exclude_punctuation=True,
    )
