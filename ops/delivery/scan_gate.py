"""Which findings of a scan keep a release back: grave ones that nobody answers for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from stacks.sizes import Part
from stacks.yaml_file import read_mapping, validated

WAIVERS = Path(__file__).parents[2] / "delivery" / "scan-waivers.yaml"
GRAVE = ("CRITICAL", "HIGH")
# Of a scan that has said all that it will say.
COMPLETE = ("COMPLETE", "ACTIVE")
FAILED = ("FAILED", "UNSUPPORTED_IMAGE", "SCAN_ELIGIBILITY_EXPIRED", "FINDINGS_UNAVAILABLE")


class Waiver(Part):
    """Somebody looked at a vulnerability and answers for it until a date, in all images."""

    id: Annotated[str, Field(pattern=r"^(CVE-\d{4}-\d{4,}|[A-Z]+-[A-Z0-9-]+)$")]
    reason: Annotated[str, Field(min_length=30)]
    owner: Annotated[str, Field(min_length=2)]
    expires: dt.date


class _File(Part):
    waivers: tuple[Waiver, ...]

    @model_validator(mode="after")
    def _once(self) -> Self:
        ids = [each.id for each in self.waivers]
        if len(set(ids)) != len(ids):
            raise ValueError(f"given {', '.join(ids)}, allowed each once")
        return self


@dataclass(frozen=True, slots=True, order=True)
class Vulnerability:
    id: str
    severity: str
    package: str

    def __str__(self) -> str:
        return f"{self.id} ({self.severity}, {self.package})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`blocking` by image; waivers `unused` by any finding, or past their date."""

    blocking: dict[str, list[Vulnerability]]
    unused: list[str]
    expired: list[str]

    @property
    def passes(self) -> bool:
        return not self.blocking

    @property
    def told(self) -> str:
        """What blocks, image by image, in one line."""
        return "; ".join(
            f"{image}: {', '.join(map(str, those))}" for image, those in self.blocking.items()
        )


def load_waivers(path: Path = WAIVERS) -> tuple[Waiver, ...]:
    """Raises InvalidFile."""
    document = read_mapping(path.read_text("utf-8"), file=path.name)
    return validated(_File, document, file=path.name).waivers


def vulnerabilities(findings: Iterable[Mapping[str, Any]]) -> list[Vulnerability]:
    """Of the grave findings, as basic and as enhanced scanning of ECR write them."""
    found = []
    for finding in findings:
        details = finding.get("packageVulnerabilityDetails", {})
        packages = details.get("vulnerablePackages", [])
        attributes = {each["key"]: each["value"] for each in finding.get("attributes", [])}
        package = packages[0]["name"] if packages else attributes.get("package_name", "")
        identifier = details.get("vulnerabilityId") or finding.get("name", "")
        if finding["severity"] in GRAVE:
            found.append(Vulnerability(identifier, finding["severity"], package))
    return sorted(set(found))


def judge_scans(
    found: Mapping[str, Sequence[Vulnerability]], waivers: Sequence[Waiver], *, today: dt.date
) -> Verdict:
    """`found` by image and processor."""
    valid = {each.id for each in waivers if each.expires >= today}
    blocking = {
        image: [each for each in those if each.id not in valid] for image, those in found.items()
    }
    seen = {each.id for those in found.values() for each in those}
    return Verdict(
        blocking={image: those for image, those in blocking.items() if those},
        unused=sorted({each.id for each in waivers} - seen),
        expired=sorted(each.id for each in waivers if each.expires < today),
    )
