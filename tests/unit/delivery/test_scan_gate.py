"""Grave findings hold a release back, until somebody answers for them."""

import datetime as dt

import pytest

from ops.delivery.scan_gate import Waiver, judge_scans, load_waivers, vulnerabilities
from stacks.yaml_file import InvalidFile

TODAY = dt.date(2026, 11, 21)
BASIC = {
    "name": "CVE-2026-1111",
    "severity": "CRITICAL",
    "attributes": [{"key": "package_name", "value": "openssl"}],
}
ENHANCED = {
    "severity": "HIGH",
    "packageVulnerabilityDetails": {
        "vulnerabilityId": "CVE-2026-2222",
        "vulnerablePackages": [{"name": "zlib"}],
    },
}


def waiver(identifier="CVE-2026-1111", expires=TODAY):
    reason = "the vulnerable code is not reached from any request"
    return Waiver(id=identifier, reason=reason, owner="platform", expires=expires)


def test_findings_of_both_kinds_of_scan_are_read():
    found = vulnerabilities([BASIC, ENHANCED, BASIC])

    assert [(each.id, each.package) for each in found] == [
        ("CVE-2026-1111", "openssl"),
        ("CVE-2026-2222", "zlib"),
    ]


@pytest.mark.parametrize("severity", ["MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED", "UNTRIAGED"])
def test_what_is_not_grave_holds_nothing_back(severity):
    assert vulnerabilities([{**BASIC, "severity": severity}]) == []


@pytest.mark.parametrize(
    ("waivers", "passes"),
    [
        pytest.param([], False, id="nobody answers for it"),
        pytest.param([waiver()], True, id="somebody does, until today"),
        pytest.param([waiver(expires=TODAY - dt.timedelta(1))], False, id="the date is past"),
        pytest.param([waiver("CVE-2026-9999")], False, id="somebody answers for another"),
    ],
)
def test_a_grave_finding_blocks_unless_it_is_waived(waivers, passes):
    verdict = judge_scans({"image": vulnerabilities([BASIC])}, waivers, today=TODAY)

    assert verdict.passes is passes
    assert passes or verdict.told == "image: CVE-2026-1111 (CRITICAL, openssl)"


def test_waivers_that_no_image_needs_and_those_past_their_date_are_named():
    old = waiver("CVE-2025-0001", expires=TODAY - dt.timedelta(1))

    verdict = judge_scans({"image": []}, [waiver(), old], today=TODAY)

    assert verdict.unused == ["CVE-2025-0001", "CVE-2026-1111"]
    assert verdict.expired == ["CVE-2025-0001"]


def test_the_waivers_of_the_project_are_read():
    assert all(each.reason for each in load_waivers())


def test_a_waiver_without_a_reason_is_refused(tmp_path):
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers: [{id: CVE-2026-1111, reason: no, owner: me, expires: 2027-01-01}]")

    with pytest.raises(InvalidFile, match=r"waivers\.0\.reason"):
        load_waivers(file)
