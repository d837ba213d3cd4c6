"""Who may enter the cache."""

from __future__ import annotations

from ops.local.cache_access import access_list

DIGEST = "0" * 64


def test_only_the_templates_users_and_the_operator_are_let_in() -> None:
    users = [{"name": "kindred", "access": "on ~* +@all", "password_sha256": ["ab", "cd"]}]

    lines = access_list(users, operator_password_sha256=DIGEST).splitlines()

    assert f"user operator on #{DIGEST} -@all +acl|load +ping" in lines
    assert "user kindred #ab #cd on ~* +@all" in lines
    assert any(line.startswith("user default off") for line in lines)


def test_a_template_that_replaces_the_default_user_decides_about_it() -> None:
    users = [{"name": "default", "access": "off -@all", "password_sha256": ["ab"]}]

    lines = access_list(users, operator_password_sha256=DIGEST).splitlines()

    assert [line for line in lines if line.startswith("user default")] == [
        "user default #ab off -@all"
    ]
