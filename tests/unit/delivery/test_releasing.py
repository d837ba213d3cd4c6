"""A release is made of what every processor has built, and promoted by its digests."""

import datetime as dt

import pytest

from ops.delivery.image_plan import ImagePlan, PlannedImage
from ops.delivery.manifests import UnexpectedManifest
from ops.delivery.promotion import promote
from ops.delivery.registry import ImageMissing, TagTaken
from ops.delivery.releasing import NotBuilt, NotScanned, make_release, release_tag, scans
from tests.unit.delivery.fake_registry import FakeEcr, manifest_of

NOON = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
COMMIT = "0123456789abcdef" * 2 + "01234567"
SOURCE = "a" * 64


def planned(name="similarity_service", platforms=("linux/amd64", "linux/arm64")):
    return PlannedImage(
        name=name, context=name, file="Dockerfile", arguments={}, platforms=platforms,
        sources=(SOURCE,),
    )  # fmt: skip


@pytest.fixture
def ecr():
    return FakeEcr()


@pytest.fixture
def built(ecr):
    return {
        processor: {"similarity_service": ecr.hold_built(f"linux/{processor}")}
        for processor in ("amd64", "arm64")
    }


def made(ecr, built, *images):
    plan = ImagePlan(images=images or (planned(),))
    return make_release(plan, built, ecr.repository(), commit=COMMIT, at=NOON)


def test_a_tag_says_when_and_of_which_commit():
    later = NOON + dt.timedelta(hours=1)

    assert release_tag(COMMIT, NOON) == "20261121T120000Z-0123456789ab"
    assert release_tag(COMMIT, later) > release_tag("f" * 40, NOON)


def test_one_digest_names_the_images_of_both_processors(ecr, built):
    [image] = made(ecr, built).images

    index = ecr.manifests[image.digest]
    assert index.platforms == image.platforms
    assert set(image.platforms) == {"linux/amd64", "linux/arm64"}
    assert ecr.tags == {"20261121T120000Z-0123456789ab-similarity_service": image.digest}


def test_the_bills_of_materials_go_with_the_digest(ecr, built):
    [image] = made(ecr, built).images

    assert len(ecr.manifests[image.digest].children) == 4


def test_a_model_image_is_named_itself_since_sagemaker_pulls_no_index(ecr):
    image = manifest_of(b"config", b"layer")
    ecr.hold(image, b"config", b"layer")
    plan = planned("embedding_training", ("linux/amd64",))

    [released] = made(ecr, {"amd64": {"embedding_training": image.digest}}, plan).images

    assert released.digest == image.digest
    assert released.platforms == {"linux/amd64": image.digest}


def test_a_processor_that_has_not_built_an_image_stops_the_release(ecr, built):
    del built["arm64"]

    with pytest.raises(NotBuilt, match="similarity_service: not built for linux/arm64"):
        made(ecr, built)


def test_an_image_of_another_processor_stops_the_release(ecr, built):
    built["arm64"] = built["amd64"]

    with pytest.raises(UnexpectedManifest, match="built for linux/arm64, found linux/amd64"):
        made(ecr, built)


def test_an_image_without_a_bill_of_materials_stops_the_release(ecr, built):
    built["arm64"]["similarity_service"] = ecr.hold_built("linux/arm64", with_materials=False)

    with pytest.raises(UnexpectedManifest, match="no bill of materials for linux/arm64"):
        made(ecr, built)


def test_promoted_images_have_the_same_digest_and_everything_below_it(ecr, built):
    release = made(ecr, built)
    there = FakeEcr()

    tags = promote(release, source=ecr.repository(), target=there.repository("assets"))

    [image] = release.images
    assert there.tags == {tags[0]: image.digest}
    assert there.manifests[image.digest].text == ecr.manifests[image.digest].text
    assert there.blobs == ecr.blobs


def test_promoting_again_sends_nothing(ecr, built):
    release = made(ecr, built)
    there = FakeEcr()
    promote(release, source=ecr.repository(), target=there.repository())
    there.sent.clear()

    promote(release, source=ecr.repository(), target=there.repository())

    assert there.sent == []


def test_only_missing_layers_are_sent(ecr, built):
    there = FakeEcr()
    kept = dict(list(ecr.blobs.items())[:2])
    there.blobs.update(kept)

    promote(made(ecr, built), source=ecr.repository(), target=there.repository())

    assert set(there.sent) == ecr.blobs.keys() - kept.keys()


def test_a_tag_that_names_another_image_there_is_left_alone(ecr, built):
    release = made(ecr, built)
    there = FakeEcr()
    there.tags[f"{release.tag}-similarity_service"] = "sha256:other"

    with pytest.raises(TagTaken, match="names another image"):
        promote(release, source=ecr.repository(), target=there.repository())


def test_a_release_whose_images_are_gone_is_not_promoted(ecr, built):
    release = made(ecr, built)

    with pytest.raises(ImageMissing, match="has no image sha256:"):
        promote(release, source=FakeEcr().repository(), target=FakeEcr().repository())


def scan_results(ecr, release, *results):
    for image in release.images:
        for digest in image.platforms.values():
            ecr.findings[digest] = list(results)


def test_scans_of_every_processor_are_waited_for(ecr, built):
    release = made(ecr, built)
    grave = {"name": "CVE-2026-1234", "severity": "HIGH", "attributes": []}
    scan_results(ecr, release, ("IN_PROGRESS", []), ("COMPLETE", [grave]))
    waited = []

    found = scans(release, ecr.repository(), wait=waited.append)

    assert set(found) == {"similarity_service linux/amd64", "similarity_service linux/arm64"}
    assert [each.id for those in found.values() for each in those] == ["CVE-2026-1234"] * 2
    assert len(waited) == 2


@pytest.mark.parametrize(
    ("results", "said"),
    [
        pytest.param([("FAILED", [])], "the scan ended as FAILED", id="a failed scan"),
        pytest.param(
            [("IN_PROGRESS", [])] * 60, "no result after 600 seconds", id="an endless one"
        ),
    ],
)
def test_without_a_scan_there_is_no_release(ecr, built, results, said):
    release = made(ecr, built)
    scan_results(ecr, release, *results)

    with pytest.raises(NotScanned, match=said):
        scans(release, ecr.repository(), wait=lambda _: None)
