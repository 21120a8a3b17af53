"""The matrix fails when a template gives a system what it refuses: seen with templates made wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import driver
import matrix
import pytest

# Role, template, what is added or exchanged, system that refuses it, its reason, system that takes it.
MUTATIONS = (
    (
        "apache",
        "server.conf.j2",
        ("SSLProtocol all -SSLv3", "SSLProtocol all +TLSv1.3 -SSLv3"),
        "centos7",
        "+TLSv1.3",
        "rocky9",
    ),
    (
        "sshd_hardening",
        "settings.j2",
        ("UseDNS no", "UseDNS no\nPerSourceMaxStartups 5"),
        "centos7",
        "PerSourceMaxStartups",
        "debian12",
    ),
    (
        "firewalld",
        "firewalld.conf.j2",
        ("LogDenied=off", "LogDenied=off\nFirewallBackend=nftables"),
        "centos7",
        "FirewallBackend",
        "",
    ),
    (
        "time_sync",
        "chrony.conf.j2",
        ("rtcsync", "rtcsync\nntsdumpdir /var/lib/chrony"),
        "centos7",
        "ntsdumpdir",
        "rocky8",
    ),
    ("log_retention", "journald.conf.j2", ("Compress=yes", "Compress=True"), "debian13", "left over by a template", ""),
)


@pytest.fixture(scope="module")
def mutated(tmp_path_factory: pytest.TempPathFactory) -> list[matrix.Finding]:
    """Return what is found in a copy of the collection whose templates were made wrong."""
    root = tmp_path_factory.mktemp("mutated")
    copy = root / "ansible_collections/iepc/prep"
    for part in ("roles", "plugins", "playbooks", "meta", "calls"):
        shutil.copytree(driver.TOP / part, copy / part)
    shutil.copy(driver.TOP / "galaxy.yml", copy)
    for role, template, (before, after), *_rest in MUTATIONS:
        path = copy / "roles" / role / "templates" / template
        text = path.read_text(encoding="utf-8")
        assert before in text, f"{path.name} says no longer: {before}"
        path.write_text(text.replace(before, after), encoding="utf-8")
    only = [f"alone_{role}" for role, *_rest in MUTATIONS]
    return matrix.findings(matrix.run(Path(root / "run"), only, collections=root))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one[0])
def test_a_wrong_template_is_found(
    mutation: tuple[str, ...], mutated: list[matrix.Finding], findings: list[matrix.Finding]
) -> None:
    role, _template, _change, refuses, because, takes = mutation

    def found(among: list[matrix.Finding], system: str) -> list[matrix.Finding]:
        return [one for one in among if one.role == role and one.system == system and because in one.what]

    assert found(mutated, refuses), "the wrong template was not noticed"
    assert not takes or not found(mutated, takes)
    assert not found(findings, refuses), "found without the mutation, too"
