"""No secret is told: not in a diff, not in a verbose run, not in what runs and reports leave behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import workspace

HOST = "difusor12"
NEW_SECRET = "un-secreto-que-nadie-debe-leer"


@pytest.fixture(scope="module")
def key_pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return a certificate and its key, as an outlet would hand them over."""
    directory = tmp_path_factory.mktemp("tls")
    crt, key = directory / "site.crt", directory / "site.key"
    done = workspace.run(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        "-subj", "/CN=prep.radiosierra.example",
        "-addext", "subjectAltName=DNS:prep.radiosierra.example", "-keyout", str(key), "-out", str(crt),
    )  # fmt: skip
    assert done.rc == 0, done.err
    return {"certificate": crt.read_text(), "key": key.read_text()}


def test_a_diff_shows_that_a_secret_changes_and_not_what_it_is(key_pair: dict[str, str]) -> None:
    changes = {
        "rsync_daemon_secret": NEW_SECRET,
        "apache_tls_mode": "files",
        "apache_tls_certificate": key_pair["certificate"],
        "apache_tls_key": key_pair["key"],
    }
    tags = "apache,rsync_daemon"
    done = workspace.playbook(
        "site.yml", "--limit", HOST, "--tags", tags, "--check", "--diff", "-vvv", "-e", json.dumps(changes)
    )
    assert done.rc == 0, done.text[-3000:]
    # It did see the change, of the secret as well as of the key and the certificate.
    for path in ("/etc/rsyncd.secrets", "/etc/ssl/prep/site/key.pem", "/etc/ssl/prep/site/certificate.pem"):
        assert path in done.out
    assert "secret, changed" in done.out
    told = done.text
    current = (workspace.LAB / f".lab/rsync-{HOST}").read_text().strip()
    assert current not in told
    assert NEW_SECRET not in told
    for line in key_pair["key"].splitlines()[1:-1]:
        assert line not in told


def test_runs_and_reports_hold_no_secret() -> None:
    """prepctl keeps what Ansible said of each run; nobody's secret may be among it."""
    done = workspace.run("prepctl", "onboard", "-i", "diffusers.ini", "--limit", HOST, cwd=workspace.LAB)
    assert done.rc == 0, done.text[-3000:]
    secrets = [(workspace.LAB / f".lab/rsync-{name}").read_bytes().strip() for name in workspace.DIFFUSERS]
    kept = [path for part in ("runs", "reports") for path in (workspace.LAB / part).rglob("*") if path.is_file()]
    assert any(path.name == "ansible.log" for path in kept)
    told = [str(Path(path).relative_to(workspace.LAB)) for path in kept if any(s in path.read_bytes() for s in secrets)]
    assert told == []
