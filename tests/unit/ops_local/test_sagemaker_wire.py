"""Operations as real clients send them, held to botocore's shapes both ways."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.local.sagemaker.control_plane import ControlPlane
from ops.local.sagemaker.operation import Refusal
from ops.local.sagemaker.shapes import problems, service_model
from ops.local.sagemaker.tags import Tags
from ops.local.sagemaker.wire import read_call, write_refusal
from tests.unit.ops_local.sagemaker_account import ENDPOINT, Account


@pytest.fixture
def account() -> Account:
    return Account()


def test_an_operation_nobody_carries_is_refused(account: Account) -> None:
    with pytest.raises(ClientError, match="does not carry sagemaker:ListClusters"):
        account.sagemaker.list_clusters()


def test_an_output_that_sagemaker_never_gives_is_a_defect_of_ours() -> None:
    class Part:
        def operations(self) -> dict[tuple[str, str], Any]:
            return {("sagemaker", "CreateModel"): lambda _: {"ModelArn": 5}}

        def advance(self) -> None:
            pass

    with pytest.raises(AssertionError, match="never would"):
        ControlPlane([Part()]).call("sagemaker", "CreateModel", {"ModelName": "m"})


def test_no_two_parts_offer_the_same_operation() -> None:
    with pytest.raises(AssertionError, match="two parts offer"):
        ControlPlane([Tags(), Tags()])


@pytest.mark.parametrize(
    ("operation", "asked", "message"),
    [
        pytest.param("CreateModel", {}, "Missing required parameter", id="missing"),
        pytest.param("CreateModel", {"ModelName": 5}, "Invalid type", id="type"),
        pytest.param("CreateModel", {"ModelName": "a_b"}, "regular expression", id="pattern"),
        pytest.param("CreateModel", {"ModelName": "m" * 64}, "equal to 63", id="too long"),
        pytest.param("ListEndpoints", {"SortBy": "Age"}, "enum value set", id="not of the set"),
        pytest.param("ListEndpoints", {"MaxResults": 101}, "equal to 100", id="too large"),
        pytest.param("ListEndpoints", {"Colour": "red"}, "Unknown parameter", id="unknown"),
    ],
)
def test_an_input_is_held_to_its_shape(operation: str, asked: dict[str, Any], message: str) -> None:
    shape = service_model("sagemaker").operation_model(operation).input_shape

    assert message in problems(shape, asked)[0]


def test_an_input_that_fits_has_no_problem() -> None:
    shape = service_model("sagemaker").operation_model("ListEndpoints").input_shape

    assert problems(shape, {"SortBy": "Name", "CreationTimeAfter": datetime.now(UTC)}) == []


def test_a_call_is_read_from_its_path_and_headers() -> None:
    call = read_call(
        "POST",
        "http://localhost/endpoints/my%2De/invocations",
        {"Content-Type": "text/csv", "x-amzn-sagemaker-target-variant": "canary"},
        b"1,2",
    )

    assert (call.service, call.operation) == ("sagemaker-runtime", "InvokeEndpoint")
    assert call.parameters == {
        "EndpointName": "my-e",
        "ContentType": "text/csv",
        "TargetVariant": "canary",
        "Body": b"1,2",
    }


def test_a_record_is_read_with_its_list_in_the_query() -> None:
    call = read_call("GET", "/FeatureGroup/apps?RecordIdentifierValueAsString=1", {}, b"")

    assert call.operation == "GetRecord"
    assert call.parameters["RecordIdentifierValueAsString"] == "1"


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        pytest.param({"x-amz-target": "SageMaker.Dance"}, "/", id="no such operation"),
        pytest.param({"x-amz-target": "Kinesis.PutRecord"}, "/", id="another service"),
        pytest.param({}, "/nowhere", id="no such path"),
    ],
)
def test_what_is_no_call_is_refused(headers: dict[str, str], path: str) -> None:
    with pytest.raises(Refusal, match="UnknownOperation"):
        read_call("POST", path, headers, b"{}")


def test_a_body_that_is_not_json_is_refused() -> None:
    with pytest.raises(Refusal, match="SerializationException"):
        read_call("POST", "/", {"X-Amz-Target": "SageMaker.ListModels"}, b"{")


def test_a_refusal_carries_its_code_twice_for_both_protocols() -> None:
    answer = write_refusal(Refusal("ModelError", "no", 424, OriginalStatusCode=500))

    assert answer.status == 424
    assert answer.headers["x-amzn-errortype"] == "ModelError"
    assert b'"__type": "ModelError"' in answer.body


def test_lists_come_in_pages_in_the_order_asked_for(account: Account) -> None:
    for number in range(5):
        account.model(f"m{number}")
        account.local.now += 1
    pages = account.sagemaker.get_paginator("list_models").paginate(
        SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )

    names = [[model["ModelName"] for model in page["Models"]] for page in pages]
    assert names == [["m0", "m1"], ["m2", "m3"], ["m4"]]
    newest = account.sagemaker.list_models(MaxResults=1)["Models"]
    assert [model["ModelName"] for model in newest] == ["m4"]


def test_lists_are_filtered(account: Account) -> None:
    account.serve()
    listed = account.sagemaker.list_endpoints

    assert listed(StatusEquals="Creating")["Endpoints"] == []
    assert listed(NameContains="EMBEDD")["Endpoints"][0]["EndpointName"] == ENDPOINT
    assert listed(CreationTimeAfter=datetime(2100, 1, 1, tzinfo=UTC))["Endpoints"] == []
    with pytest.raises(ClientError, match="Invalid NextToken"):
        listed(NextToken="x")


def test_tags_live_as_long_as_what_carries_them(account: Account) -> None:
    tags = [{"Key": "owner", "Value": "models"}]
    account.sagemaker.create_model(
        ModelName="m",
        ExecutionRoleArn="arn:aws:iam::000000000000:role/r",
        PrimaryContainer={"Image": "i"},
        Tags=tags,
    )
    arn = account.sagemaker.describe_model(ModelName="m")["ModelArn"]

    assert account.sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
    account.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["owner"])
    assert account.sagemaker.list_tags(ResourceArn=arn)["Tags"] == []
