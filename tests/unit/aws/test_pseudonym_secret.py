import json

import pytest
from botocore.exceptions import ClientError

from kindred_aws.pseudonym_secret import REFRESH_SECONDS, NoPseudonyms, PseudonymSecret

DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")


class Secrets:
    """Answers with what `answers` begins with; the last of them again and again."""

    def __init__(self, *answers):
        self.answers, self.calls = list(answers), 0

    def get_secret_value(self, *, SecretId):
        assert SecretId == "pseudonyms"
        self.calls += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"SecretString": answer}


def generation(number):
    return json.dumps({"number": number, "since": "2026-01-01T00:00:00+00:00", "key": "k" * 64})


def held(secret):
    return secret.current.generations[-1].number


def reading(*answers, tell=None):
    clock, client = [0.0], Secrets(*answers)
    secret = PseudonymSecret(client, secret_id="pseudonyms", tell=tell, clock=lambda: clock[0])
    return secret, client, clock


def test_it_is_read_once_in_five_minutes():
    secret, client, clock = reading(generation(1), generation(2))

    assert [held(secret), held(secret)] == [1, 1]
    assert client.calls == 1
    clock[0] = REFRESH_SECONDS
    assert held(secret) == 2


@pytest.mark.parametrize("answer", [DENIED, "no document"], ids=["refused", "unreadable"])
def test_what_was_read_serves_on_when_it_cannot_be_read_again(answer):
    secret, client, clock = reading(generation(1), answer)
    assert held(secret) == 1

    clock[0] = REFRESH_SECONDS
    assert [held(secret), held(secret)] == [1, 1]
    assert client.calls == 2
    assert secret.problem


def test_why_it_cannot_be_read_is_told_once_until_that_changes():
    told = []
    answers = [generation(1), DENIED, DENIED, "no document", generation(2), DENIED]
    secret, _, clock = reading(*answers, tell=told.append)
    for _ in answers:
        held(secret)
        clock[0] += REFRESH_SECONDS

    assert [reason.partition(":")[0] for reason in told] == [
        *("ClientError", "UnreadableSecret", "ClientError")
    ]


def test_while_it_is_read_again_others_go_on_with_what_is_held():
    secret, client, clock = reading(generation(1), generation(2))
    held(secret)
    read, meanwhile = client.get_secret_value, []

    def slowly(**asked):
        if len(meanwhile) < 10:
            meanwhile.append(0)
            meanwhile[-1] = held(secret)
        return read(**asked)

    client.get_secret_value = slowly
    clock[0] = REFRESH_SECONDS

    assert held(secret) == 2
    assert (meanwhile, client.calls) == ([1], 2)


def test_until_it_was_read_once_every_call_tries():
    secret, _, _ = reading(DENIED, generation(1))

    with pytest.raises(NoPseudonyms, match="AccessDenied"):
        _ = secret.current
    assert held(secret) == 1
