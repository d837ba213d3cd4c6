"""The emulator and the local SageMaker without the rest, and a model of a few lines."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import boto3
import httpx

from ops.local.health_probe import answers
from ops.local.operator_credentials import sagemaker_key
from ops.local.sagemaker.http_server import FAULTS_PATH, HEALTH_PATH, KEY_HEADER
from ops.local.servers import start_stand_in
from ops.local.settings import REGION
from ops.local.state_files import write_json
from tests.local.emulator_alone import EmulatorAlone, attribute, function, role
from tests.local.local_platform import wait_until

MINUTE_SECONDS = 1
IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/models:tiny"
# Answers with the name in its artefact; refuses what is not JSON.
TINY_MODEL = """
import json, os, pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = (pathlib.Path(os.environ["SM_MODEL_DIR"]) / "name").read_text()

class Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.answer(200, {})
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            self.answer(200, {"model": NAME, "asked": json.loads(body)})
        except ValueError:
            self.answer(400, {"detail": "not JSON"})
    def log_message(self, *_):
        pass

address = ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
"""


class SageMakerAlone(EmulatorAlone):
    """A rollout's minute lasts a second; roles, a bucket and models `one` and `two` are there."""

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self._server = start_stand_in(self.settings, "sagemaker")
        wait_until(lambda: answers(self.settings.sagemaker_port, HEALTH_PATH, timeout_seconds=1))
        write_json(
            self.settings.deployment_file, {"assembly": str(image_assembly(state / "assembly"))}
        )
        self.outputs = self.deploy("models", _resources(), _outputs())
        for name in ("one", "two"):
            self._put_model(name)

    def session(self, role_output: str) -> boto3.Session:
        """What this role may do, and nothing else."""
        arn = self.outputs[role_output]
        held = self.aws("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return boto3.Session(
            held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"], region_name=REGION
        )

    def aws_as(self, role_output: str, service: str) -> Any:
        session: Any = self.session(role_output)
        return session.client(service, endpoint_url=self.settings.emulator_url)

    def create_endpoint(self, name: str, weights: dict[str, float], **more: Any) -> None:
        """One variant a model, and wait until it serves."""
        sagemaker = self.aws_as("Control", "sagemaker")
        self.configure(f"{name}-1", weights, **more)
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1")
        wait_until(lambda: self.status(name) == "InService")

    def configure(self, name: str, weights: dict[str, float], **more: Any) -> None:
        """Of each variant, which answers as the model of its name."""
        sagemaker = self.aws_as("Control", "sagemaker")
        for model in weights:
            container = {"Image": IMAGE, "ModelDataUrl": self.model_url(model)}
            sagemaker.create_model(
                ModelName=f"{name}-{model}",
                ExecutionRoleArn=self.outputs["Execution"],
                PrimaryContainer=container,
            )
        variants = [
            {
                "VariantName": model,
                "ModelName": f"{name}-{model}",
                "InstanceType": "ml.m6g.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": weight,
            }
            for model, weight in weights.items()
        ]
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=variants, **more
        )

    def model_url(self, name: str) -> str:
        return f"s3://{self.outputs['Bucket']}/models/{name}.tar.gz"

    def status(self, endpoint: str) -> str:
        described = self.aws("sagemaker").describe_endpoint(EndpointName=endpoint)
        return str(described["EndpointStatus"])

    def fault(self, **settings: Any) -> None:
        """Switch one on; without a name, all off."""
        httpx.request(
            "POST" if settings else "DELETE",
            f"{self.settings.sagemaker_url}{FAULTS_PATH}",
            headers={KEY_HEADER: sagemaker_key(self.settings)},
            json=settings,
        ).raise_for_status()

    def close(self) -> None:
        self._server.stop(grace_seconds=8)
        super().close()

    def _put_model(self, name: str) -> None:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w:gz") as files:
            entry = tarfile.TarInfo("name")
            entry.size = len(name)
            files.addfile(entry, io.BytesIO(name.encode()))
        self.aws("s3").put_object(
            Bucket=self.outputs["Bucket"], Key=f"models/{name}.tar.gz", Body=archive.getvalue()
        )


def _resources() -> dict[str, Any]:
    """A control plane's role that has `mine-*`, one that has nothing, and a scheduled function."""
    own = [
        f"arn:aws:sagemaker:*:*:{kind}/mine-*" for kind in ("endpoint", "endpoint-config", "model")
    ]
    scheduled = function("Control", "def handler(event, context):\n    print('woken', event)\n")
    scheduled["Properties"]["Environment"] = {
        "Variables": {"ROLLOUT_MINUTE_SECONDS": str(MINUTE_SECONDS)}
    }
    target = {"Arn": attribute("Woken", "Arn"), "RoleArn": attribute("Waker", "Arn")}
    told = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": attribute("Heard", "Arn"),
    }
    return {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Heard": {"Type": "AWS::SQS::Queue"},
        "HeardPolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {
                "Queues": [{"Ref": "Heard"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [told]},
            },
        },
        "StateChanges": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventPattern": {
                    "source": ["aws.sagemaker"],
                    "detail-type": ["SageMaker Endpoint State Change"],
                },
                "Targets": [{"Id": "heard", "Arn": attribute("Heard", "Arn")}],
            },
        },
        "Execution": role("sagemaker.amazonaws.com", (["s3:GetObject", "s3:PutObject"], "*")),
        "Control": role(
            "lambda.amazonaws.com",
            ("sagemaker:*", own),
            ("iam:PassRole", attribute("Execution", "Arn")),
            ("application-autoscaling:*", "*"),
            (["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"),
        ),
        "Stranger": role("lambda.amazonaws.com"),
        "Woken": scheduled,
        "Waker": role("scheduler.amazonaws.com", ("lambda:InvokeFunction", "*")),
        "Minutes": {
            "Type": "AWS::Scheduler::Schedule",
            "Properties": {
                "ScheduleExpression": "rate(1 minute)",
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "Target": target,
            },
        },
    }


def _outputs() -> dict[str, Any]:
    roles: dict[str, Any] = {
        name: attribute(name, "Arn") for name in ("Execution", "Control", "Stranger")
    }
    roles["Heard"] = {"Ref": "Heard"}
    return {"Bucket": {"Ref": "Bucket"}, "Woken": {"Ref": "Woken"}, **roles}


def image_assembly(folder: Path, tag: str = "tiny", code: str = TINY_MODEL) -> Path:
    """A cloud assembly that holds nothing but one image: of the tiny model, or of other code."""
    package = folder / "image" / "tiny_model"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(code)
    (folder / "S.json").write_text('{"Resources": {}}')
    image = {
        "source": {"directory": "image", "dockerBuildArgs": {"CONTAINER": "tiny_model"}},
        "destinations": {"here": {"imageTag": tag}},
    }
    (folder / "S.assets.json").write_text(json.dumps({"dockerImages": {"tiny": image}}))
    stack = {"templateFile": "S.json"}
    assets = {"type": "cdk:asset-manifest", "properties": {"file": "S.assets.json"}}
    artifacts = {
        "S": {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://unknown-account/{REGION}",
            "properties": stack,
            "dependencies": ["S.assets"],
        },
        "S.assets": assets,
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder
