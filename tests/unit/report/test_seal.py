"""Seals: any altered byte, missing, moved or foreign run is told; a whole chain is valid."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import example_reports as examples
import pytest
from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json

from prepctl.errors import PrepctlError
from prepctl.report import keys, seal, source
from prepctl.report.history import History

RUNS = [f"2026110{number}T040000Z" for number in range(1, 5)]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with four signed runs."""
    workspace = tmp_path_factory.mktemp("signed")
    keys.make(workspace / "keys/report.key", workspace / "keys/report.pub", None)
    for number, run in enumerate(RUNS, 1):
        examples.lay(workspace / "reports", tiny(run, f"2026-11-0{number}T04:00:00Z"))
    sign(workspace)
    return workspace


def tiny(run: str, finished: str) -> dict[str, Any]:
    """As small a report as there can be: every byte of it is going to be flipped."""
    whole = examples.small(run, finished)
    entry = whole["diffusers"][0]["results"][0]
    entry.update(evidence=[], expected="", found="sí")
    return dict(whole, clauses={}, summary={}, diffusers=[{"name": "d", "results": [{"control": entry["control"]}]}])


def sign(workspace: Path) -> tuple[list[seal.Seal], list[str]]:
    key = keys.load_private(workspace / "keys/report.key", lambda: "")
    reports = [source.read(path) for path in source.runs(workspace / "reports")]
    with History.of(workspace) as history:
        return seal.sign(reports, key, history)


@pytest.fixture
def workspace(signed: Path, tmp_path: Path) -> Path:
    """A copy to spoil, without the history: what an auditor is given."""
    shutil.copytree(signed, tmp_path / "w", ignore=shutil.ignore_patterns("history*"))
    return tmp_path / "w"


def problems(workspace: Path, **more: Any) -> list[str]:
    return seal.verify_all(workspace / "reports", keys.load_public(workspace / "keys/report.pub"), **more).problems


def test_a_whole_chain_is_valid(workspace: Path) -> None:
    found = seal.verify_all(workspace / "reports", keys.load_public(workspace / "keys/report.pub"))
    assert found.problems == [] and found.signed == RUNS and found.unsigned == []
    assert found.head == seal.chain(workspace / "reports")[-1].digest
    assert len(found.as_dict()["not_proven"]) >= 4


def test_every_single_byte_counts(workspace: Path) -> None:
    """Whatever byte of a report or of its seal is another, in whatever way, it is told."""
    key = keys.load_public(workspace / "keys/report.pub")
    for name in (source.FILE, seal.FILE):
        path = workspace / "reports" / RUNS[0] / name
        whole = path.read_bytes()
        report = workspace / "reports" / RUNS[0] / source.FILE
        for at in range(len(whole)):
            for other in (whole[at] ^ 1, whole[at] ^ 0x20, 0x20 if whole[at] != 0x20 else 0x0A):
                path.write_bytes(whole[:at] + bytes([other]) + whole[at + 1 :])
                assert seal.verify_one(report, key).problems, f"{name}: byte {at} as {other}"
        path.write_bytes(whole)
        assert seal.verify_one(report, key).problems == []


@pytest.mark.parametrize("name", [source.FILE, seal.FILE])
@pytest.mark.parametrize(
    "spoil", [lambda data: data[:-1], lambda data: data + b"\n", lambda data: b"", lambda data: data[:99]]
)
def test_a_file_that_was_cut_or_grew(workspace: Path, name: str, spoil: Any) -> None:
    path = workspace / "reports" / RUNS[1] / name
    path.write_bytes(spoil(path.read_bytes()))
    assert problems(workspace)


@pytest.mark.parametrize("gone", RUNS[:-1])
def test_a_removed_run_leaves_a_gap(workspace: Path, gone: str) -> None:
    shutil.rmtree(workspace / "reports" / gone)
    assert any("is missing" in one or "is due" in one for one in problems(workspace))


def test_the_last_run_is_missed_by_who_knows_its_seal(workspace: Path, signed: Path) -> None:
    head = seal.chain(signed / "reports")[-1].digest
    assert problems(workspace, head=head[:16]) == []
    shutil.rmtree(workspace / "reports" / RUNS[-1])
    assert problems(workspace) == [], "what the report says that a signature does not prove"
    assert problems(workspace, head=head)
    with History.of(signed) as history:
        known = history.seals()
    assert any("which the history knows" in one for one in problems(workspace, known=known))


def test_runs_that_changed_places(workspace: Path) -> None:
    one, other = (workspace / "reports" / run for run in RUNS[1:3])
    one.rename(workspace / "aside")
    other.rename(one)
    (workspace / "aside").rename(other)
    assert len(problems(workspace)) >= 2


def test_a_seal_of_another_run(workspace: Path) -> None:
    shutil.copy(workspace / "reports" / RUNS[0] / seal.FILE, workspace / "reports" / RUNS[1] / seal.FILE)
    assert problems(workspace)


def test_a_chain_in_another_order_needs_the_key(workspace: Path) -> None:
    """Numbers and links rewritten to fit another order: everything fits but the signatures."""
    before = ""
    for sequence, run in enumerate((RUNS[0], RUNS[2], RUNS[1], RUNS[3]), 1):
        path = workspace / "reports" / run / seal.FILE
        whole = json.loads(path.read_bytes())
        whole["content"].update(sequence=sequence, previous=before)
        path.write_bytes(canonical_json.dumps(whole))
        before = canonical_json.digest(path.read_bytes())
    told = problems(workspace)
    assert sum("signature is not valid" in one for one in told) == 3


def test_a_wrong_key_and_a_forged_seal(workspace: Path, tmp_path: Path) -> None:
    keys.make(tmp_path / "other.key", tmp_path / "other.pub", None)
    found = seal.verify_all(workspace / "reports", keys.load_public(tmp_path / "other.pub"))
    assert len(found.problems) == 8 and any("another key" in one for one in found.problems) and not found.signed
    # Signed with the other key, and said to be the institute's.
    path = workspace / "reports" / RUNS[3] / seal.FILE
    whole = json.loads(path.read_bytes())
    forged = keys.sign(keys.load_private(tmp_path / "other.key", lambda: ""), canonical_json.dumps(whole["content"]))
    whole["signature"] = base64.b64encode(forged).decode()
    path.write_bytes(canonical_json.dumps(whole))
    assert problems(workspace) == [f"{RUNS[3]}: the signature is not valid"]


def test_what_is_not_signed_is_named(workspace: Path) -> None:
    examples.lay(workspace / "reports", tiny("20261109T040000Z", "2026-11-09T04:00:00Z"))
    found = seal.verify_all(workspace / "reports", keys.load_public(workspace / "keys/report.pub"))
    assert found.unsigned == ["20261109T040000Z"] and found.problems == []
    assert seal.verify_one(workspace / "reports/20261109T040000Z/compliance.json",
                           keys.load_public(workspace / "keys/report.pub")).problems  # fmt: skip


def test_no_seal_at_all_is_a_problem(tmp_path: Path, signed: Path) -> None:
    assert seal.verify_all(tmp_path, keys.load_public(signed / "keys/report.pub")).problems


def test_openssl_agrees(workspace: Path, tmp_path: Path) -> None:
    """An auditor needs no prepctl: the signature is over the seal's content as it stands in the file."""
    data = (workspace / "reports" / RUNS[2] / seal.FILE).read_bytes()
    content = data[len(b'{"content":') : data.index(b',"signature":')]
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "signature").write_bytes(base64.b64decode(json.loads(data)["signature"]))
    command = ["openssl", "dgst", "-sha256", "-verify", str(workspace / "keys/report.pub"), "-signature",
               str(tmp_path / "signature"), str(tmp_path / "content")]  # fmt: skip
    assert "Verified OK" in subprocess.run(command, capture_output=True, text=True, check=False).stdout
    (tmp_path / "content").write_bytes(content.replace(b'"sequence":3', b'"sequence":4'))
    assert "Verified OK" not in subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_signing_again_goes_on_with_the_chain(signed: Path, tmp_path: Path) -> None:
    shutil.copytree(signed, tmp_path / "w")
    workspace = tmp_path / "w"
    assert sign(workspace) == ([], [])
    examples.lay(workspace / "reports", tiny("20261109T040000Z", "2026-11-09T04:00:00Z"))
    examples.lay(workspace / "reports", tiny("20261020T040000Z", "2026-10-20T04:00:00Z"))
    indented = tiny("20261110T040000Z", "2026-11-10T04:00:00Z")
    examples.lay(workspace / "reports", indented).write_text(json.dumps(indented, indent=1))
    made, skipped = sign(workspace)
    assert [one.sequence for one in made] == [5] and made[0].content["run"] == "20261109T040000Z"
    assert any("older than" in one for one in skipped) and any("not canonical JSON" in one for one in skipped)
    assert problems(workspace) == []


def test_nothing_is_signed_over_a_broken_chain(signed: Path, tmp_path: Path) -> None:
    shutil.copytree(signed, tmp_path / "w")
    workspace = tmp_path / "w"
    shutil.rmtree(workspace / "reports" / RUNS[-1])
    examples.lay(workspace / "reports", tiny("20261109T040000Z", "2026-11-09T04:00:00Z"))
    with pytest.raises(PrepctlError, match="the history knows is number 4, on disk it is number 3"):
        sign(workspace)


SIGN = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_seal
sys.stdin.readline()
made, _skipped = test_seal.sign(Path(sys.argv[1]))
print(len(made))
"""


def test_two_signers_at_once_make_one_chain(signed: Path, tmp_path: Path) -> None:
    shutil.copytree(signed, tmp_path / "w")
    workspace = tmp_path / "w"
    for number in range(10, 18):
        examples.lay(workspace / "reports", tiny(f"202611{number}T040000Z", f"2026-11-{number}T04:00:00Z"))
    command = [sys.executable, "-c", SIGN, str(workspace), str(Path(__file__).parent)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _one in (1, 2)]
    for one in both:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    assert sum(int(one.communicate(timeout=120)[0]) for one in both) == 8
    assert problems(workspace) == []


def test_keys(tmp_path: Path) -> None:
    private, public = tmp_path / "keys/k.key", tmp_path / "keys/k.pub"
    made = keys.make(private, public, b"secreto \xc3\xb1")
    assert private.stat().st_mode & 0o777 == 0o600 and (tmp_path / "keys").stat().st_mode & 0o077 == 0
    assert b"ENCRYPTED" in private.read_bytes()
    assert (tmp_path / "keys/.gitignore").read_text() == "*.key\n"
    assert keys.fingerprint(keys.load_private(private, lambda: "secreto ñ").public_key()) == made
    assert keys.fingerprint(keys.load_public(public)) == made
    with pytest.raises(PrepctlError, match="wrong passphrase"):
        keys.load_private(private, lambda: "otro")
    with pytest.raises(PrepctlError, match="there is a key already"):
        keys.make(private, tmp_path / "x.pub", None)
    private.chmod(0o640)
    with pytest.raises(PrepctlError, match="its owner alone"):
        keys.load_private(private, lambda: "secreto ñ")
    with pytest.raises(PrepctlError, match="expected a public key"):
        keys.load_public(private)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    made = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        capture_output=True,
        check=True,
    )
    (tmp_path / "k.key").write_bytes(made.stdout)
    (tmp_path / "k.key").chmod(0o600)
    with pytest.raises(PrepctlError, match="P-256"):
        keys.load_private(tmp_path / "k.key", lambda: "")
