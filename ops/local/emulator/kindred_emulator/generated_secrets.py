"""Secrets that a template has generated hold the characters it allows, as the API makes them."""

from __future__ import annotations

import json
from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

TEMPLATE_ONLY = ("SecretStringTemplate", "GenerateStringKey")
FLAGS = (
    "ExcludeLowercase",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "ExcludeUppercase",
    "IncludeSpace",
    "RequireEachIncludedType",
)


def install() -> None:
    """CloudFormation asks for the secret's value where the API makes random passwords."""
    provisioners._sm_secret_string = secret_string


def secret_string(properties: dict[str, Any]) -> str:
    """The value given, or one generated as `GenerateSecretString` says."""
    wanted = properties.get("GenerateSecretString")
    if not wanted or properties.get("SecretString"):
        return str(properties.get("SecretString", ""))
    asked = {name: value for name, value in wanted.items() if name not in TEMPLATE_ONLY}
    # Templates may spell them as words.
    asked |= {name: str(asked[name]).lower() == "true" for name in FLAGS if name in asked}
    if "PasswordLength" in asked:
        asked["PasswordLength"] = int(asked["PasswordLength"])
    status, _, body = secretsmanager._get_random_password(asked)
    if status >= 400:
        raise ValueError(f"AWS::SecretsManager::Secret: {body.decode()}")
    generated = str(json.loads(body)["RandomPassword"])
    if "SecretStringTemplate" not in wanted:
        return generated
    content = json.loads(wanted["SecretStringTemplate"])
    return json.dumps({**content, wanted["GenerateStringKey"]: generated})
