"""Seals: a run's report, chained to the run before it and signed.

Beside ``compliance.json`` stands ``compliance.seal.json``::

    {"content": {"schema", "sequence", "run", "finished", "report", "previous", "signed", "key"},
     "signature": base64}

``report`` is the SHA-256 of compliance.json's bytes, ``previous`` that of the seal before (empty for
the first), ``key`` the public key's fingerprint. Signed is the canonical form of ``content``. Both files are
in canonical form (see plugin_utils/canonical_json.py), so that there is one way only to write them.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.iepc.prep.plugins.plugin_utils import canonical_json
from ansible_collections.iepc.prep.plugins.plugin_utils.canonical_json import CanonicalError
from cryptography.hazmat.primitives.asymmetric import ec

from prepctl.errors import PrepctlError
from prepctl.report import files, keys, source
from prepctl.report.history import History

FILE = "compliance.seal.json"
SCHEMA = 1
_KEYS = {"schema": int, "sequence": int, "run": str, "finished": str, "report": str, "previous": str,
         "signed": str, "key": str}  # fmt: skip

UNPROVEN = (
    "A valid signature proves that these reports are the ones that the holder of this key signed, in this order.",
    "It does not prove that what a server said of itself is true: its administrator could lie to the collector.",
    "It does not prove when a report was signed: the time is the control node's own.",
    "It does not prove that no later run was removed, unless the last seal's digest is known from elsewhere "
    "(--head, a printed act, the history).",
    "HTML, PDF and tables are not signed: they name the SHA-256 of the compliance.json that they show.",
)


@dataclass(frozen=True)
class Seal:
    """A seal as it was read: of the right shape, not yet verified."""

    path: Path
    content: dict[str, Any]
    signature: bytes
    digest: str

    @property
    def sequence(self) -> int:
        return int(self.content["sequence"])


@dataclass
class Finding:
    """What a verification came to."""

    problems: list[str] = field(default_factory=list)
    unsigned: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    head: str = ""

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self), schema=1, valid=not self.problems, not_proven=list(UNPROVEN))


def read(path: Path) -> Seal:
    """A seal's file.

    :raises CanonicalError: it is no seal, or not written in the one way that it can be.
    """
    data = path.read_bytes()
    whole = canonical_json.loads(data)
    content = whole.get("content") if isinstance(whole, dict) else None
    if not isinstance(content, dict) or set(whole) != {"content", "signature"} or set(content) != set(_KEYS):
        raise CanonicalError("no seal")
    if any(type(content[name]) is not kind for name, kind in _KEYS.items()) or content["schema"] != SCHEMA:
        raise CanonicalError("no seal of a known schema")
    try:
        signature = base64.b64decode(str(whole["signature"]), validate=True)
    except (ValueError, binascii.Error) as problem:
        raise CanonicalError("its signature is not base64") from problem
    if base64.b64encode(signature).decode() != whole["signature"]:
        raise CanonicalError("its signature is not in canonical base64")
    return Seal(path, content, signature, canonical_json.digest(data))


def chain(reports: Path) -> list[Seal]:
    """All seals of a directory by their sequence.

    :raises PrepctlError: one of them cannot be read.
    """
    seals = []
    for path in sorted(reports.glob("*/" + FILE)):
        try:
            seals.append(read(path))
        except (CanonicalError, OSError) as problem:
            raise PrepctlError(f"{path}: {problem}") from problem
    return sorted(seals, key=lambda seal: seal.sequence)


def sign(
    reports: list[source.Report], key: ec.EllipticCurvePrivateKey, history: History
) -> tuple[list[Seal], list[str]]:
    """Seal reports that have no seal yet, in the order given, as next in the chain of their directory.

    :returns: the new seals, and a line for each report that cannot be sealed any more.
    :raises PrepctlError: the chain on disk is not the one that the history knows.
    """
    made, skipped = [], []
    directory = history.path.parent
    # The history's lock keeps a second signer from giving out the same number.
    with history.transaction():
        last = _head(directory, history)
        for report in reports:
            if (report.path.parent / FILE).exists():
                continue
            reason = _unfit(report, last)
            if reason:
                skipped.append(f"{report.run}: {reason}")
                continue
            content = {
                "schema": SCHEMA,
                "sequence": last.sequence + 1 if last else 1,
                "run": report.run,
                "finished": report.finished,
                "report": report.digest,
                "previous": last.digest if last else "",
                "signed": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "key": keys.fingerprint(key.public_key()),
            }
            signature = keys.sign(key, canonical_json.dumps(content))
            data = canonical_json.dumps({"content": content, "signature": base64.b64encode(signature).decode()})
            files.replace(report.path.parent / FILE, data)
            last = Seal(report.path.parent / FILE, content, signature, canonical_json.digest(data))
            history.add_seal(last.sequence, report.run, last.digest)
            made.append(last)
    return made, skipped


def _unfit(report: source.Report, last: Seal | None) -> str:
    try:
        canonical_json.loads(report.data)
    except CanonicalError as problem:
        return str(problem)
    if last and report.finished < last.content["finished"]:
        return f"older than {last.content['run']}, which is signed already"
    return ""


def _head(directory: Path, history: History) -> Seal | None:
    """The chain's last seal, where disk and history agree which one it is."""
    seals = chain(directory)
    last = seals[-1] if seals else None
    known = history.seals()
    if known and (last is None or (last.sequence, last.digest) != (known[-1][0], known[-1][2])):
        found = f"number {last.sequence}" if last else "none"
        raise PrepctlError(
            f"{directory}: the last seal that the history knows is number {known[-1][0]}, on disk it is {found}; "
            "prepctl report verify says what is missing"
        )
    return last


def verify_one(path: Path, key: ec.EllipticCurvePublicKey) -> Finding:
    """Verify one report by the seal beside it; its place in the chain is not looked at."""
    finding = Finding()
    beside = path.parent / FILE
    if not beside.exists():
        finding.problems.append(f"{path}: has no seal")
        return finding
    try:
        seal = read(beside)
    except (CanonicalError, OSError) as problem:
        finding.problems.append(f"{beside}: {problem}")
        return finding
    _verify(seal, path, key, finding)
    finding.head = seal.digest
    return finding


def verify_all(
    reports: Path,
    key: ec.EllipticCurvePublicKey,
    head: str | None = None,
    known: list[tuple[int, str, str]] | None = None,
) -> Finding:
    """Verify every seal of a directory, and that none is missing, doubled or moved.

    :param head: the digest that the last seal must have, or its beginning.
    :param known: (sequence, run, digest) of the seals that the history knows.
    """
    finding = Finding()
    seals = []
    for directory in sorted(path for path in reports.iterdir() if path.is_dir()):
        if not (directory / FILE).exists():
            if (directory / source.FILE).exists():
                finding.unsigned.append(directory.name)
            continue
        try:
            seals.append(read(directory / FILE))
        except (CanonicalError, OSError) as problem:
            finding.problems.append(f"{directory / FILE}: {problem}")
    seals.sort(key=lambda seal: seal.sequence)
    for seal in seals:
        _verify(seal, seal.path.parent / source.FILE, key, finding)
    _follow(seals, finding)
    for number, run, digest in known or []:
        if digest not in {seal.digest for seal in seals}:
            finding.problems.append(f"seal {number} of run {run}, which the history knows, is missing or was altered")
    finding.head = seals[-1].digest if seals else ""
    if not seals:
        finding.problems.append(f"{reports}: no seal was found")
    elif head is not None and (len(head) < 8 or not finding.head.startswith(head.lower())):
        finding.problems.append(
            f"the last seal is {finding.head}, not {head}: a later run is missing, or it was replaced"
        )
    return finding


def _verify(seal: Seal, path: Path, key: ec.EllipticCurvePublicKey, finding: Finding) -> None:
    """One seal and the report that it is about."""
    run, problems = seal.content["run"], []
    if seal.content["key"] != keys.fingerprint(key):
        problems.append(f"signed with another key ({seal.content['key'][:16]}...)")
    if not keys.is_signed(key, canonical_json.dumps(seal.content), seal.signature):
        problems.append("the signature is not valid")
    try:
        data = path.read_bytes()
        if canonical_json.digest(data) != seal.content["report"]:
            problems.append(f"{path.name} is not the one that was signed")
        else:
            about = canonical_json.loads(data)["run"]
            if (about["id"], about["finished"]) != (run, seal.content["finished"]):
                problems.append("the seal speaks of another run than the report")
    except OSError as problem:
        problems.append(f"{path.name} cannot be read: {problem.strerror}")
    except (CanonicalError, KeyError, TypeError) as problem:
        problems.append(f"{path.name}: {problem}")
    finding.problems += [f"{seal.path.parent.name}: {problem}" for problem in problems]
    if not problems:
        finding.signed.append(run)


def _follow(seals: list[Seal], finding: Finding) -> None:
    """Each seal names the one before it: a removed or moved run leaves a gap."""
    before: Seal | None = None
    for seal in seals:
        due = before.sequence + 1 if before else 1
        name = seal.path.parent.name
        if seal.content["run"] != name:
            finding.problems.append(f"{name}: holds the seal of run {seal.content['run']}")
        if seal.sequence != due:
            what = "doubled" if seal.sequence < due else "a run is missing before it"
            finding.problems.append(f"{name}: seal number {seal.sequence} where {due} is due: {what}")
        elif seal.content["previous"] != (before.digest if before else ""):
            finding.problems.append(f"{name}: does not follow the seal before it")
        if before and seal.content["finished"] < before.content["finished"]:
            finding.problems.append(f"{name}: older than the run before it")
        before = seal
