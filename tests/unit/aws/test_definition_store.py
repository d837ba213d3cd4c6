"""One object that every function reads: a newer revision is never lost to an older one."""

import boto3
import pytest
from botocore.exceptions import ClientError

from kindred_aws.definition_store import (
    CURRENT,
    DefinitionStore,
    PublicationOvertaken,
    UnreadableDefinitions,
)

BUCKET = "definitions"
OLD, NEW = {"features": {"a": {"defaultValue": 1}}}, {"features": {"a": {"defaultValue": 2}}}


@pytest.fixture
def client(aws):
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def store(client):
    return DefinitionStore(client, BUCKET)


class Racing:
    """A client before whose first `puts` writes somebody else writes."""

    def __init__(self, client, *, other, revision, puts=1):
        self._client, self._other, self._revision, self._puts = client, other, revision, puts

    def __getattr__(self, name):
        return getattr(self._client, name)

    def put_object(self, **arguments):
        if self._puts:
            self._puts -= 1
            other = DefinitionStore(self._client, arguments["Bucket"])
            other.publish(self._other | {"turn": self._puts}, revision=self._revision)
        return self._client.put_object(**arguments)


def refusing(client, code):
    def refuse(**_):
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "PutObject")

    racing = Racing(client, other={}, revision=0, puts=0)
    racing.put_object = refuse
    return racing


def test_what_is_published_is_fetched_with_its_revision(store):
    store.publish(OLD, revision=7)

    fetched = store.fetch(None)

    assert (fetched.revision, fetched.payload) == (7, OLD)


def test_what_a_reader_has_already_is_not_sent_again(store):
    store.publish(OLD, revision=1)
    etag = store.fetch(None).etag

    assert store.fetch(etag) is None
    store.publish(NEW, revision=2)
    assert store.fetch(etag).payload == NEW


def test_nothing_is_fetched_before_anything_is_published(store):
    assert store.fetch(None) is None


def test_an_older_revision_overwrites_nothing(store):
    store.publish(NEW, revision=2)
    store.publish(OLD, revision=1)

    assert store.fetch(None).payload == NEW


def test_the_same_revision_is_written_again_since_time_alone_changes_it(store):
    store.publish(OLD, revision=2)
    store.publish(NEW, revision=2)

    assert store.fetch(None).payload == NEW


@pytest.mark.parametrize("begun", [pytest.param(None, id="first"), pytest.param(1, id="later")])
@pytest.mark.parametrize(
    ("other", "kept"), [pytest.param(9, 9, id="newer"), pytest.param(2, 5, id="older")]
)
def test_a_writer_that_comes_between_is_seen(client, store, begun, other, kept):
    if begun:
        store.publish(OLD, revision=begun)
    racing = DefinitionStore(Racing(client, other=NEW, revision=other), BUCKET)

    racing.publish(OLD, revision=5)

    assert store.fetch(None).revision == kept


def test_a_writer_that_is_overtaken_for_ever_says_so(client):
    racing = DefinitionStore(Racing(client, other=NEW, revision=1, puts=99), BUCKET)

    with pytest.raises(PublicationOvertaken, match="overtaken 5 times"):
        racing.publish(OLD, revision=5)


def test_other_refusals_are_not_taken_for_a_race(client):
    with pytest.raises(ClientError, match="AccessDenied"):
        DefinitionStore(refusing(client, "AccessDenied"), BUCKET).publish(OLD, revision=1)


def test_a_bucket_that_is_not_there_is_an_error(client):
    with pytest.raises(ClientError, match="NoSuchBucket"):
        DefinitionStore(client, "nowhere").fetch(None)


def test_a_broken_object_is_named_and_may_be_replaced(client, store):
    client.put_object(Bucket=BUCKET, Key=CURRENT, Body=b"{")

    with pytest.raises(UnreadableDefinitions, match=CURRENT):
        store.fetch(None)
    store.publish(NEW, revision=1)
    assert store.fetch(None).payload == NEW


def test_another_object_of_the_bucket_has_revisions_of_its_own(client, store):
    other = DefinitionStore(client, BUCKET, key="definitions/copy.json")
    store.publish(NEW, revision=9)
    other.publish(OLD, revision=1)

    assert (store.fetch(None).revision, other.fetch(None).revision) == (9, 1)
