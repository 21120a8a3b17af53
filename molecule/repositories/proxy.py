"""The smallest HTTP proxy that apt is content with: GET, passed on, and one line of log per request."""

from __future__ import annotations

import http.server
import sys
import urllib.error
import urllib.request

# What is passed on in each direction: conditional requests, and what the answer is.
ASKED = ("If-Modified-Since", "Range", "User-Agent", "Accept")
ANSWERED = ("Content-Length", "Content-Type", "Last-Modified", "ETag", "Content-Range", "Location")


class Handler(http.server.BaseHTTPRequestHandler):
    """Ask the server that the request names, not following redirects."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802
        """Pass one request on."""
        headers = {name: self.headers[name] for name in ASKED if name in self.headers}
        request = urllib.request.Request(self.path, headers=headers)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        body = answer.read()
        self.send_response(answer.status)
        for name in ANSWERED:
            if name in answer.headers and name != "Content-Length":
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        with open(sys.argv[2], "a") as log:
            log.write(f"{self.client_address[0]} {answer.status} {self.path}\n")

    def log_message(self, *arguments: object) -> None:
        """Say nothing beside the log."""


http.server.ThreadingHTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
