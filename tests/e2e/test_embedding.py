"""A portal frames the mirror in a real browser: the outlet's own may, another may not (I.6)."""

from __future__ import annotations

import http.server
import re
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import workspace
from workspace import addresses

sys.path.insert(0, str(workspace.TOP / "tests/browser"))

NAME = workspace.DIFFUSERS[0]
MIRROR, OWN, OTHER = "prep.elmural.example", "www.elmural.example", "www.otro.example"
PAGE = f'<!DOCTYPE html><title>Portal</title><h1>Portal</h1><iframe src="https://{MIRROR}/"></iframe>'.encode()


class Portal(http.server.BaseHTTPRequestHandler):
    """Any outlet's portal."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a portal over TLS."""
    directory = tmp_path_factory.mktemp("portal")
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=portal"]
    subprocess.run([*argv, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def framed(portal: int) -> dict[str, str]:
    """Return the title of what each portal's frame held."""
    done = workspace.run(str(workspace.TOP / "bin/_chromium"))
    assert done.rc == 0, done.text
    from chromium import program
    from playwright.sync_api import sync_playwright

    rules = f"MAP {MIRROR} {addresses()[NAME]}, MAP {OWN} 127.0.0.1:{portal}, MAP {OTHER} 127.0.0.1:{portal}"
    held = {}
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", f"--host-resolver-rules={rules}"]
        browser = playwright.chromium.launch(executable_path=program(), args=arguments)
        for portal_name in (OWN, OTHER):
            page = browser.new_context(ignore_https_errors=True).new_page()
            page.goto(f"https://{portal_name}/", wait_until="load")
            (frame,) = page.main_frame.child_frames
            held[portal_name] = frame.title()
        browser.close()
    return held


def title() -> str:
    """Return the title of what the mirror shows, whatever that is now."""
    page = workspace.must("lector", f"curl -sSf --max-time 10 http://{addresses()[NAME]}/")
    found = re.search("<title>(.+?)</title>", page)
    assert found, page
    return found[1]


def test_the_outlet_s_portal_shows_the_mirror(framed: dict[str, str]) -> None:
    assert framed[OWN] == title()


def test_another_s_portal_does_not(framed: dict[str, str]) -> None:
    assert framed[OTHER] != title()


def test_the_snippet_is_what_was_tried(tmp_path: Path) -> None:
    done = workspace.run("prepctl", "list", "--embed", NAME, "-w", str(workspace.LAB))
    assert f'<iframe src="https://{MIRROR}/"' in done.out, done.text
