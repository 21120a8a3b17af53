"""How readers are served: protocol, and who they are said to be in the log."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import workspace

HOST = "difusor12"
READER = "203.0.113.5"
LAST_LINE = "tail -n 1 /var/log/apache2/prep_access.log"


def ask(scheme: str, name: str, *options: str) -> str:
    """Fetch the front page from the origin; returns protocol and status."""
    words = " ".join(options)
    url = f"{scheme}://{workspace.addresses()[name]}/"
    return workspace.must("origen", f"curl -sk -o /dev/null -w '%{{http_version}} %{{http_code}}' {words} {url}")


def apply_apache(**variables: object) -> None:
    """Run the playbook's Apache part with some variables."""
    done = workspace.playbook("site.yml", "--limit", HOST, "--tags", "apache", "-e", json.dumps(variables))
    assert done.rc == 0, done.text[-3000:]


@pytest.fixture
def behind_a_cdn() -> Iterator[None]:
    """Take the origin for a CDN that serves readers for this diffuser."""
    apply_apache(apache_cdn_ranges=[workspace.addresses()["origen"]])
    yield
    apply_apache()


def test_http2_over_tls_and_http_in_the_open(each: str) -> None:
    assert ask("https", each) == "2 200"
    assert ask("http", each) == "1.1 200"


def test_a_stranger_is_not_believed_about_an_address() -> None:
    ask("http", HOST, f"-H 'X-Forwarded-For: {READER}'")
    assert workspace.must(HOST, LAST_LINE).startswith(workspace.addresses()["origen"] + " ")


@pytest.mark.usefixtures("behind_a_cdn")
def test_readers_behind_a_cdn_are_logged_by_their_own_address() -> None:
    ask("http", HOST, f"-H 'X-Forwarded-For: {READER}'")
    assert workspace.must(HOST, LAST_LINE).startswith(READER + " ")


def test_one_file_has_one_tag_and_one_time_on_every_mirror() -> None:
    """Behind a CDN with several origins a reader must not see two states in turn; three versions of Apache agree."""
    seen = set()
    for name in workspace.DIFFUSERS:
        workspace.must(name, "cd /srv/prep/current/ && echo 'a|b' > tag.csv && touch -d 2026-01-02T03:04:05Z tag.csv")
        try:
            for scheme in ("http", "https"):
                url = f"{scheme}://{workspace.addresses()[name]}/tag.csv"
                head = workspace.must("origen", f"curl -skI {url}").lower().replace("\r", "")
                wanted = ("etag:", "last-modified:", "content-type:", "cache-control:", "vary:")
                seen.add(tuple(sorted(line for line in head.splitlines() if line.startswith(wanted))))
        finally:
            workspace.must(name, "rm -f /srv/prep/current/tag.csv")
    assert len(seen) == 1, seen
    assert len(next(iter(seen))) == 5, seen


def test_the_zero_state_is_of_one_time_everywhere() -> None:
    times = {
        name: workspace.must("origen", f"curl -sI http://{address}/").lower().split("last-modified:")[1].splitlines()[0]
        for name, address in workspace.addresses().items()
        if name in workspace.DIFFUSERS
    }
    assert len(set(times.values())) == 1, times


def test_only_modules_of_the_list_are_in_memory(each: str) -> None:
    """With the sister roles' own beside the web server's; what runs is asked, not what a file says."""
    pid = "$(cat /var/run/apache2/apache2.pid)"
    maps = workspace.must(each, f"grep -o 'mod_[a-z0-9_]*\\.so' /proc/{pid}/maps | sort -u")
    loaded = {line.removeprefix("mod_").removesuffix(".so") for line in maps.split()}
    allowed = {
        *("alias", "allowmethods", "authz_core", "deflate", "dir", "filter", "headers", "http2", "mime", "mpm_event"),
        *("reqtimeout", "rewrite", "security2", "setenvif", "socache_shmcb", "ssl", "unique_id"),
    }
    assert loaded <= allowed
    assert {"security2", "reqtimeout", "ssl"} <= loaded
