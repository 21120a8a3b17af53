"""The tree: who may write where, one zero state on all mirrors, and a cut that nobody replaces."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from mirrors import ROOT
from reruns import converge
from reruns import said as told

PAGES = ("index.html", "robots.txt")
SEEN: dict[str, str] = {}


class Page(HTMLParser):
    """What counts of a page: its language, its headings, what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.lang = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        values = dict(attrs)
        self.lang = values["lang"] if tag == "html" else self.lang
        self.loads += [values[name] for name in ("src", "href") if name in values]


@pytest.mark.parametrize("name", PAGES)
def test_every_mirror_has_the_same_bytes_of_the_same_time(host, name):
    path = f"{ROOT}/cuts/zero/{name}"
    told = host.check_output(f"sha256sum < {path} && stat -Lc '%Y %s' {path}")
    # The first mirror's is what the second one's has to be.
    assert SEEN.setdefault(name, told) == told


def test_another_content_has_another_time(host):
    tell = f"stat -c %Y {ROOT}/cuts/zero/index.html"
    before = host.check_output(tell)
    try:
        assert converge("-e", "publication_opening=mañana").returncode == 0
        assert host.check_output(tell) != before
    finally:
        assert converge().returncode == 0
    assert host.check_output(tell) == before


def test_the_zero_page_is_spanish_whole_and_loads_nothing(host):
    text = host.check_output(f"cat {ROOT}/cuts/zero/index.html")
    page = Page(text)
    assert page.lang == "es-MX"
    assert page.tags.count("h1") == 1 and "main" in page.tags
    assert page.loads == ["data:,"]
    assert "Los resultados aún no se publican" in text
    assert "domingo 5 de junio de 2022, 20:00 horas (tiempo del centro)" in text


@pytest.mark.parametrize("directory", ["", "/cuts", "/cuts/zero", "/state"])
def test_the_receiving_user_writes_only_what_comes_in(host, directory):
    write = "runuser -u prep -- touch"
    assert host.run(f"{write} {ROOT}{directory}/prep-test").rc != 0
    assert host.run(f"{write} {ROOT}/incoming/prep-test && rm {ROOT}/incoming/prep-test").rc == 0


def test_the_receiving_user_can_not_log_in(host):
    assert host.check_output("getent passwd prep").endswith("/usr/sbin/nologin")
    assert host.check_output("getent shadow prep").split(":")[1].startswith("!")
    assert host.run("su -s /bin/sh prep -c true < /dev/null").rc == 0  # by root alone, who needs no password
    assert host.run("runuser -u nobody -- su -s /bin/sh prep -c true < /dev/null").rc != 0


def test_the_web_server_can_read_it(host):
    assert host.run(f"runuser -u nobody -- cat {ROOT}/cuts/zero/index.html").rc == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("publication_root=srv/prep", "publication_root: expected an absolute path"),
        ("publication_user=www-data", "publication_user: expected an account of its own"),
        ("publication_activator_user=prep", "publication_activator_user: expected an account of its own"),
        ('{"publication_public_keys": ["no-key"]}', "publication_public_keys: expected public keys in PEM"),
        ('{"publication_drill_windows": [[1]]}', "publication_drill_windows: expected lists of start and end"),
    ],
)
def test_bad_input_is_one_line(option, said):
    done = converge("-e", option)
    assert done.returncode != 0
    assert said in told(done)
