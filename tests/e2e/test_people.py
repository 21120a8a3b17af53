"""What people sign: a paper that is another one, a waiver that is over, a dispute; on a real server, and back."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import workspace

HOST = "difusor12"
PAPER = b"Carta compromiso del medio\n"
STATEMENT = {"text": "No estamos de acuerdo", "name": "Begoña Yáñez Solís", "post": "Guardia", "date": "2022-05-30"}
WAIVER = {
    "control": "system.supported",
    "version": 1,
    "hosts": [HOST],
    "reason": "Laboratorio",
    "approver": "Unidad Técnica de Cómputo",
    "document": "LAB-002",
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace of its own over the lab's machines, with a paper in it."""
    target = tmp_path_factory.mktemp("people") / "workspace"
    shutil.copytree(workspace.LAB, target, ignore=shutil.ignore_patterns("reports", "runs", "artifacts"))
    (target / "carta.txt").write_bytes(PAPER)
    return target


def judge(copy: Path, expires: str, digest: str) -> dict[str, Any]:
    """Prove the host with these signed papers; the report."""
    signed = {
        "prep_waivers": [{**WAIVER, "expires": expires}],
        "prep_disputes": [{"control": "tls.trusted", **STATEMENT}],
        "prep_documents": {
            slug: {"date": "2022-05-19"} for slug in ("expression_of_interest", "logo", "infrastructure")
        },
    }
    signed["prep_documents"]["commitment"] = {"date": "2022-05-19", "file": "carta.txt", "sha256": digest}
    signed["prep_documents"]["memory"] = {"date": "2022-06-20"}
    done = workspace.playbook("check.yml", "--limit", HOST, "-e", json.dumps(signed), cwd=copy)
    assert done.rc == 0, done.text[-4000:]
    (newest,) = (copy / "reports").iterdir()
    report = json.loads((newest / "compliance.json").read_text(encoding="utf-8"))
    shutil.rmtree(newest)
    return report


def entry(report: dict[str, Any], slug: str) -> dict[str, Any]:
    """Return what a report says of one control."""
    return next(one for one in workspace.diffuser(report, HOST)["results"] if one["control"] == slug)


def test_what_is_wrong_or_over_counts_no_more_and_is_said(copy: Path) -> None:
    wrong = judge(copy, "2026-01-01T00:00:00-06:00", "ab" * 32)
    assert workspace.diffuser(wrong, HOST)["verdict"] == "NO APTO"
    assert (entry(wrong, "system.supported")["result"], entry(wrong, "system.supported")["treatment"]) == (
        "fail",
        "expired",
    )
    commitment = entry(wrong, "documents.commitment")
    assert commitment["result"] == "fail" and hashlib.sha256(PAPER).hexdigest() in commitment["found"]
    assert ("waiver_expired", [HOST]) in [(one["kind"], one["hosts"]) for one in wrong["notices"]]

    right = judge(copy, "2040-01-01T00:00:00-06:00", hashlib.sha256(PAPER).hexdigest())
    assert workspace.diffuser(right, HOST)["verdict"] == "APTO CON OBSERVACIONES"
    assert entry(right, "system.supported")["treatment"] == "waived"
    assert entry(right, "documents.commitment")["result"] == "pass"
    # A dispute stands beside a result that stays.
    disputed = entry(right, "tls.trusted")
    assert (disputed["result"], disputed["treatment"]) == ("fail", "disputed")
    assert [one["kind"] for one in right["notices"]] == ["dispute"]
