"""Two repositories of ECR in memory, which refuse what ECR refuses."""

import hashlib
import json

import httpx
from botocore.exceptions import ClientError

from ops.delivery.manifests import INDEX, Manifest
from ops.delivery.registry import EcrRepository

IMAGE = "application/vnd.oci.image.manifest.v1+json"
PART_BYTES = 4


def sha(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class FakeEcr:
    """boto3's client, of one repository. `sent` are the blobs that were uploaded."""

    def __init__(self):
        self.manifests, self.tags, self.blobs, self.sent = {}, {}, {}, []
        self.findings, self.uploads = {}, {}
        self.http = httpx.Client(transport=httpx.MockTransport(self._download))

    def repository(self, name="images"):
        return EcrRepository(self, name, http=self.http)

    def _download(self, request):
        return httpx.Response(200, content=self.blobs[request.url.path.removeprefix("/")])

    def batch_get_image(self, *, repositoryName, imageIds, acceptedMediaTypes):
        found = self.manifests.get(imageIds[0]["imageDigest"])
        if found is None:
            return {"images": []}
        return {
            "images": [{"imageManifest": found.text, "imageManifestMediaType": found.media_type}]
        }

    def put_image(
        self, *, repositoryName, imageManifest, imageManifestMediaType, imageDigest, imageTag=None
    ):
        manifest = Manifest(text=imageManifest, media_type=imageManifestMediaType)
        if manifest.digest != imageDigest:
            raise refusal("ImageDigestDoesNotMatchException")
        if set(manifest.children) - self.manifests.keys():
            raise refusal("ReferencedImagesNotFoundException")
        if set(manifest.blobs) - self.blobs.keys():
            raise refusal("LayersNotFoundException")
        if self.tags.get(imageTag, imageDigest) != imageDigest:
            raise refusal("ImageTagAlreadyExistsException")
        known = imageDigest in self.manifests and (imageTag is None or imageTag in self.tags)
        if known:
            raise refusal("ImageAlreadyExistsException")
        self.manifests[imageDigest] = manifest
        if imageTag:
            self.tags[imageTag] = imageDigest

    def batch_check_layer_availability(self, *, repositoryName, layerDigests):
        return {
            "layers": [
                {"layerDigest": each, "layerAvailability": "AVAILABLE"}
                for each in layerDigests
                if each in self.blobs
            ],
            "failures": [],
        }

    def get_download_url_for_layer(self, *, repositoryName, layerDigest):
        return {"downloadUrl": f"https://layers.example/{layerDigest}"}

    def initiate_layer_upload(self, *, repositoryName):
        upload = str(len(self.uploads))
        self.uploads[upload] = b""
        return {"uploadId": upload, "partSize": PART_BYTES}

    def upload_layer_part(
        self, *, repositoryName, uploadId, partFirstByte, partLastByte, layerPartBlob
    ):
        assert partFirstByte == len(self.uploads[uploadId])
        assert partLastByte - partFirstByte + 1 == len(layerPartBlob) <= PART_BYTES
        self.uploads[uploadId] += layerPartBlob

    def complete_layer_upload(self, *, repositoryName, uploadId, layerDigests):
        content = self.uploads[uploadId]
        if layerDigests != [sha(content)]:
            raise refusal("InvalidLayerException")
        self.blobs[layerDigests[0]] = content
        self.sent.append(layerDigests[0])

    def get_paginator(self, operation):
        assert operation == "describe_image_scan_findings"
        return self

    def paginate(self, *, repositoryName, imageId):
        status, findings = self.findings[imageId["imageDigest"]].pop(0)
        yield {"imageScanStatus": {"status": status}, "imageScanFindings": {"findings": findings}}

    class exceptions:  # noqa: N801  as the client calls it
        class ScanNotFoundException(Exception):
            pass

    def hold(self, manifest, *blobs):
        self.manifests[manifest.digest] = manifest
        self.blobs.update({sha(blob): blob for blob in blobs})
        return manifest.digest

    def hold_built(self, platform, *, with_materials=True):
        """As buildx leaves it for one processor: an index over an image and its attestation."""
        config, layer = f"config {platform}".encode(), f"a layer of {platform}".encode()
        image = manifest_of(config, layer)
        entries = [entry(image, platform)]
        self.hold(image, config, layer)
        if with_materials:
            statement = manifest_of(b"nothing", b"bill of materials")
            self.hold(statement, b"nothing", b"bill of materials")
            entries.append(attestation(statement, of=image))
        document = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        return self.hold(Manifest(text=json.dumps(document), media_type=INDEX))


def manifest_of(config: bytes, *layers: bytes) -> Manifest:
    document = {
        "schemaVersion": 2,
        "mediaType": IMAGE,
        "config": {"digest": sha(config), "size": len(config)},
        "layers": [{"digest": sha(each), "size": len(each)} for each in layers],
    }
    return Manifest(text=json.dumps(document), media_type=IMAGE)


def entry(manifest: Manifest, platform: str) -> dict:
    system, _, architecture = platform.partition("/")
    return {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": len(manifest.text),
        "platform": {"os": system, "architecture": architecture},
    }


def attestation(manifest: Manifest, *, of: Manifest) -> dict:
    return {
        **entry(manifest, "unknown/unknown"),
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": of.digest,
        },
    }


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "PutImage")
