"""Where packages come from, and what is said when they come from nowhere."""

from __future__ import annotations

import re

import pytest
from reruns import converge, said

DEAD = "http://127.0.0.1:9"


def candidate(host, package: str) -> str:
    """Return the archive that apt would take a package from, empty for none."""
    policy = host.check_output(f"apt-cache policy {package}")
    chosen = re.search(r"Candidate: (\S+)", policy)
    if not chosen or chosen[1] == "(none)":
        return ""
    found = re.search(rf" {re.escape(chosen[1])} .*\n\s+\S+ \S+ (\S+/\S+)", policy)
    return found[1] if found else "installed, from no archive"


def test_the_index_came_through_the_proxy(host, origin):
    log = origin.check_output("cat /run/proxy.log")
    assert re.search(rf"^{host.address} 200 http://\S+/dists/bookworm/InRelease$", log, re.MULTILINE), log


def test_packages_come_through_the_proxy_too(host, origin):
    host.check_output("apt-get install -qq -y --no-install-recommends --reinstall netbase")
    assert re.search(
        rf"^{host.address} 200 http://\S+/netbase_\S+\.deb$", origin.check_output("cat /run/proxy.log"), re.M
    )
    # It can't have been had without: the proxy is the only way that apt knows.
    origin.check_output("systemctl stop proxy")
    try:
        failed = host.run("apt-get clean && apt-get install -y --reinstall netbase")
        assert failed.rc != 0 and f"{origin.address}:3128" in failed.stderr, failed.stderr
    finally:
        origin.check_output("systemd-run --unit=proxy python3 /usr/local/bin/proxy.py 3128 /run/proxy.log")


def test_only_the_named_packages_come_from_the_backports(host):
    assert candidate(host, "suricata") == "bookworm-backports/main"
    # It is there in the backports, newer, and stays there.
    assert "bookworm-backports" in host.check_output("apt-cache policy rsync systemd | cat")
    for package in ("rsync", "systemd"):
        assert candidate(host, package).startswith("bookworm"), package
        assert candidate(host, package) != "bookworm-backports/main", package
    assert "\nConf " in host.check_output("apt-get install -s --no-install-recommends suricata")


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        (f'{{"repositories_proxy": "{DEAD}"}}', "repositories: nothing was changed: `apt-get"),
        (f'{{"repositories_debian_mirror": "{DEAD}/debian"}}', "repositories: nothing was changed: `apt-get"),
        ('{"repositories_proxy": "proxy.example:3128"}', "repositories_proxy: expected a URL such as"),
        ('{"repositories_debian_mirror": "ftp://u:s3cr3t@mirror/debian"}', "got ftp://***@mirror/debian"),
    ],
)
def test_a_source_that_is_none_is_one_line_and_what_was_there_stays(host, variables, line):
    files = "cat /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/95prep-proxy"
    before = host.check_output(files)
    done = converge("-e", variables)
    assert done.returncode != 0
    assert line in said(done), done.stdout
    assert "s3cr3t" not in said(done)
    assert host.check_output(files) == before
    assert host.run("apt-get update -o APT::Update::Error-Mode=any").rc == 0


def test_an_index_that_can_not_be_fetched_is_one_line(host):
    # Beside the system's own, which the backports go by.
    host.check_output("echo 'deb http://127.0.0.1:9/debian bookworm main' > /etc/apt/sources.list.d/zz-dead.list")
    try:
        done = converge(
            "-e", '{"repositories_cache_valid_s": 0, "repositories_backports_packages": ["suricata", "libhtp2"]}'
        )
    finally:
        host.check_output("rm /etc/apt/sources.list.d/zz-dead.list")
    assert done.returncode != 0
    assert "repositories: the package index of difusor12 could not be fetched" in said(done), done.stdout


def test_a_mirror_takes_the_place_of_the_archive(host):
    mirror = host.check_output("awk '/^deb/ { print $2; exit }' /etc/apt/sources.list")
    host.check_output("cp /etc/apt/sources.list /var/tmp/")
    try:
        done = converge("-e", f'{{"repositories_debian_mirror": "{mirror}"}}')
        assert done.returncode == 0, done.stdout
        assert f"{mirror} bookworm main" in host.file("/etc/apt/sources.list").content_string
        assert candidate(host, "netcat-openbsd") == "bookworm/main"
        again = converge("-e", f'{{"repositories_debian_mirror": "{mirror}"}}')
        assert "changed=0" in again.stdout, again.stdout
    finally:
        host.check_output("mv /var/tmp/sources.list /etc/apt/sources.list && apt-get update -qq")


def test_without_proxy_and_backports_nothing_of_ours_is_left(host):
    done = converge("-e", '{"repositories_proxy": "", "repositories_backports_packages": []}')
    assert done.returncode == 0, done.stdout
    assert host.run("ls /etc/apt/*/*prep*").rc != 0
    assert candidate(host, "suricata") == ""
    assert converge().returncode == 0
