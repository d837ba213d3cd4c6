import json

import pytest

from ops.architecture import NoAssembly, picture, read_templates, replaced

DATA = {
    "Resources": {
        "Table1": {
            "Type": "AWS::DynamoDB::GlobalTable",
            "Metadata": {"aws:cdk:path": "S/D/Tables/RequestLog/Resource"},
        }
    },
    "Outputs": {"TableOut": {"Value": {"Ref": "Table1"}}},
}
API = {
    "Resources": {
        "Rest": {"Type": "AWS::ApiGateway::RestApi"},
        "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"},
        "Find": {
            "Type": "AWS::ApiGateway::Method",
            "Properties": {
                "RestApiId": {"Ref": "Rest"},
                "Integration": {"IntegrationTarget": {"Ref": "Balancer"}},
            },
        },
        "Rule": {
            "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
            "Properties": {"ListenerArn": {"Ref": "Listener"}},
        },
        "Listener": {
            "Type": "AWS::ElasticLoadBalancingV2::Listener",
            "Properties": {"LoadBalancerArn": {"Ref": "Balancer"}},
        },
        "Task": {
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {
                "Table": {"Fn::GetStackOutput": {"StackName": "E-Data", "OutputName": "TableOut"}},
                "TaskRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
            },
        },
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"Uses": {"Ref": "Rest"}}},
        "Stream": {"Type": "AWS::Kinesis::Stream"},
        "Count": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"LETTERS": {"Ref": "Letters"}}}},
        },
        "Letters": {"Type": "AWS::SQS::Queue"},
        "Counting": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
                "FunctionName": {"Ref": "Count"},
                "Destination": {"Fn::GetAtt": ["Letters", "Arn"]},
            },
        },
        "Delivery": {
            "Type": "AWS::KinesisFirehose::DeliveryStream",
            "Properties": {"Source": {"Ref": "Stream"}, "Target": {"Ref": "Files"}},
        },
        "Files": {
            "Type": "AWS::S3::Bucket",
            "Metadata": {"aws:cdk:path": "S/D/Archive/Bucket/Resource"},
        },
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {"Definition": {"Fn::GetAtt": ["Evaluate", "Arn"]}},
        },
        "Evaluate": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"BUCKET": {"Ref": "Files"}}}},
        },
        "Bus": {"Type": "AWS::Events::EventBus"},
        "Told": {"Type": "AWS::SNS::Topic"},
        "Notices": {
            "Type": "AWS::Events::Rule",
            "Properties": {"EventBusName": {"Ref": "Bus"}, "Targets": [{"Ref": "Told"}]},
        },
        "Service": {
            "Type": "AWS::ECS::Service",
            "Properties": {"TaskDefinition": {"Ref": "Task"}, "Rule": {"Ref": "Rule"}},
        },
    }
}


@pytest.fixture
def assembly(tmp_path):
    nested = tmp_path / "assembly-E"
    nested.mkdir()
    artifacts = {}
    for name, template in (("Data", DATA), ("Api", API)):
        (nested / f"{name}.template.json").write_text(json.dumps(template))
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"stackName": f"E-{name}", "templateFile": f"{name}.template.json"},
        }
    (nested / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return tmp_path


@pytest.mark.parametrize(
    "arrow",
    [
        pytest.param("client --> Api_Rest", id="the client calls the API"),
        pytest.param("Api_Rest --> Api_Balancer", id="the API calls what its methods target"),
        pytest.param("Api_Balancer --> Api_Service", id="the balancer calls the rule's service"),
        pytest.param("Api_Service --> Data_Table1", id="a service uses another stack's table"),
        pytest.param("Api_Stream --> Api_Count", id="events go from the stream to its reader"),
        pytest.param("Api_Stream --> Api_Delivery", id="and to the delivery that names it"),
        pytest.param("Api_Delivery --> Api_Files", id="which writes them to its bucket"),
        pytest.param("Api_Count --> Api_Letters", id="what a function refuses is its letter"),
        pytest.param("Api_Machine --> Api_Files", id="a machine uses what its functions use"),
        pytest.param("Api_Bus --> Api_Told", id="a bus tells whom a rule names"),
    ],
)
def test_who_talks_to_whom_is_drawn(assembly, arrow):
    assert f"  {arrow}\n" in picture(read_templates(assembly))


def test_a_machines_functions_are_no_boxes_of_their_own(assembly):
    assert "Evaluate" not in picture(read_templates(assembly))


def test_roles_draw_no_arrows(assembly):
    assert "Api_Service --> Api_Rest" not in picture(read_templates(assembly))


def test_a_box_is_named_as_the_construct_is(assembly):
    assert 'Data_Table1["Request Log<br/>DynamoDB"]' in picture(read_templates(assembly))


def test_a_bucket_that_is_only_called_so_is_named_by_its_owner(assembly):
    assert 'Api_Files["Archive Bucket<br/>S3"]' in picture(read_templates(assembly))


def test_a_mapping_draws_no_arrow_of_its_own(assembly):
    assert "Api_Stream --> Api_Letters" not in picture(read_templates(assembly))


def test_an_empty_folder_says_what_to_run(tmp_path):
    with pytest.raises(NoAssembly, match="run `make synth` first"):
        read_templates(tmp_path)


def test_only_the_picture_of_a_document_is_replaced():
    begin, end = (
        "<!-- the picture below is generated: kindred architecture -->",
        "<!-- end of the picture -->",
    )

    assert replaced(f"a\n{begin}\nold\n{end}\nb", "new") == f"a\n{begin}\nnew\n{end}\nb"
    with pytest.raises(ValueError, match="no place for the picture"):
        replaced("a", "new")
