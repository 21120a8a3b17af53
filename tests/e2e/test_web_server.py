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
