"""acme_certificate: when certbot is asked, what happens with its answer. certbot and the hook are stand-ins."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MODULE = "iepc.prep.acme_certificate"
Run = Callable[..., dict[str, Any]]
HOOK = """#!/bin/sh
[ ! -e {root}/hook-broken ] || {{ echo "the pair does not fit" >&2; exit 1; }}
cp "$RENEWED_LINEAGE/fullchain.pem" {root}/deployed.pem
"""
# Keeps what a real one would keep, or refuses as a real one would; counts its calls.
CERTBOT = """#!/bin/sh
echo "$*" >> {root}/asked
[ ! -e {root}/refuse ] || {{ printf 'Domain: a.example.org\\n Type: dns\\n Detail: no such host\\n\\n' >&2; exit 1; }}
live={root}/letsencrypt/live/mirror
mkdir -p $live {root}/letsencrypt/renewal
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=a -addext subjectAltName=DNS:a.example.org \\
    -keyout $live/privkey.pem -out $live/fullchain.pem 2> {root}/openssl
printf 'server = %s\\nrenew_hook = %s\\nwebroot_path = %s,\\n' https://acme.test/dir {root}/hook {root}/webroot \\
    > {root}/letsencrypt/renewal/mirror.conf
RENEWED_LINEAGE=$live {root}/hook || :
"""


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    (tmp_path / "bin").mkdir()
    for name, text in (("bin/certbot", CERTBOT), ("hook", HOOK)):
        (tmp_path / name).write_text(text.format(root=tmp_path))
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")

    def build(**changes: Any) -> dict[str, Any]:
        return {
            "name": "mirror", "domains": ["a.example.org"], "directory_url": "https://acme.test/dir",
            "webroot": str(tmp_path / "webroot"), "deploy_hook": str(tmp_path / "hook"),
            "deployed": str(tmp_path / "deployed.pem"), "config_dir": str(tmp_path / "letsencrypt"), **changes,
        }  # fmt: skip

    return build


def asked(tmp_path: Path) -> int:
    path = tmp_path / "asked"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_it_asks_once_and_then_leaves_it_to_renewals(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    assert run_module(MODULE, arguments(), check=True)["changed"] is True
    assert asked(tmp_path) == 0

    first = run_module(MODULE, arguments())
    assert (first["changed"], first["issued"], first["problem"]) == (True, True, "")
    assert (tmp_path / "deployed.pem").read_text().startswith("-----BEGIN CERTIFICATE")

    again = run_module(MODULE, arguments())
    assert (again["changed"], again["issued"]) == (False, True)
    assert run_module(MODULE, arguments(), check=True)["changed"] is False
    assert asked(tmp_path) == 1


@pytest.mark.parametrize("change", ["names", "directory"])
def test_other_names_or_another_directory_need_another_one(
    run_module: Run, arguments: Any, tmp_path: Path, change: str
) -> None:
    run_module(MODULE, arguments())
    other = {"names": {"domains": ["b.example.org"]}, "directory": {"directory_url": "https://other.test/dir"}}
    run_module(MODULE, arguments(**other[change]))
    assert asked(tmp_path) == 2
    assert "--force-renewal" in (tmp_path / "asked").read_text().splitlines()[1]


def test_a_refusal_is_a_warning_and_what_was_served_stays(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    (tmp_path / "refuse").touch()
    (tmp_path / "deployed.pem").write_text("self-signed\n")

    result = run_module(MODULE, arguments())

    assert (result["failed"], result["changed"], result["issued"]) == (False, False, False)
    assert result["problem"] == "a.example.org: no such host"
    assert "no certificate for a.example.org from https://acme.test/dir" in result["msg"]
    assert (tmp_path / "deployed.pem").read_text() == "self-signed\n"
    assert run_module(MODULE, arguments(required=True))["failed"] is True


def test_one_that_was_not_handed_over_is_handed_over_later(run_module: Run, arguments: Any, tmp_path: Path) -> None:
    (tmp_path / "hook-broken").touch()
    result = run_module(MODULE, arguments())
    assert (result["issued"], result["problem"]) == (False, "the pair does not fit")

    (tmp_path / "hook-broken").unlink()
    result = run_module(MODULE, arguments())
    assert (result["changed"], result["issued"]) == (True, True)
    assert asked(tmp_path) == 1
    held = tmp_path / "letsencrypt/live/mirror/fullchain.pem"
    assert subprocess.run(["cmp", str(held), str(tmp_path / "deployed.pem")], check=False).returncode == 0
