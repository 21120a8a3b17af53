"""A mirror as its readers see it: over HTTPS, or HTTP where it has no 443.

Whose certificate it is, is a control of its own (``tls.certificate``). Here the content proves itself: what is
fetched is compared with what was signed.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import ssl
from typing import Any
from urllib.parse import quote

from prepctl.publish.mirrors import Mirror

TIMEOUT_S = 5.0
STATUS = "/status.json"
STATUS_BYTES = 64 * 1024
OK, SUSPENDED = 200, 503


class Unseen(Exception):
    """The mirror does not answer as a web server does: one line."""


class Reader:
    """Requests to one mirror, by one connection that is kept."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._connection: http.client.HTTPConnection | None = None
        self.scheme = ""

    def close(self) -> None:
        """Hang up."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def get(self, path: str, most: int) -> bytes:
        """Return a file's bytes.

        :param most: more than these are a mistake.
        :raises Unseen: no answer, or not 200.
        """
        status, data = self.answer(path, most)
        if status != OK:
            raise Unseen(f"{path}: HTTP {status}")
        return data

    def answer(self, path: str, most: int) -> tuple[int, bytes]:
        """Return status and body of whatever is answered.

        :raises Unseen: no answer, or more than *most* bytes.
        """
        for attempt in (1, 2):
            try:
                connection = self._connection or self._connect()
                connection.request("GET", quote(path), headers=self._headers())
                answer = connection.getresponse()
                data = answer.read(most + 1)
                if len(data) > most:
                    self.close()
                    raise Unseen(f"{path}: more than {most} bytes")
                answer.read()
                break
            except (OSError, http.client.HTTPException) as problem:
                # A kept connection may have been closed meanwhile.
                self.close()
                if attempt == 2:
                    raise Unseen(f"{path}: {problem or type(problem).__name__}") from None
        return answer.status, data

    def status(self) -> dict[str, Any]:
        """Return what the mirror says of itself.

        :raises Unseen: it says nothing that can be understood.
        """
        try:
            value = json.loads(self.get(STATUS, STATUS_BYTES))
        except ValueError:
            raise Unseen(f"{STATUS}: no JSON") from None
        if not isinstance(value, dict):
            raise Unseen(f"{STATUS}: no JSON object")
        return value

    def certificate(self) -> bytes | None:
        """Return the certificate (DER) of the connection that is kept; None over HTTP or when there is none."""
        sock = self._connection.sock if self._connection else None
        return sock.getpeercert(True) if isinstance(sock, ssl.SSLSocket) else None

    def sha256(self, path: str, size: int) -> str:
        """Return the digest of a published file as a reader gets it.

        :param size: how long it has to be; a longer answer is cut off, and so another.
        """
        return hashlib.sha256(self.get("/" + path, size)).hexdigest()

    def _headers(self) -> dict[str, str]:
        return {"Host": self._mirror.domain, "Accept-Encoding": "identity", "User-Agent": "prepctl", "Accept": "*/*"}

    def _connect(self) -> http.client.HTTPConnection:
        for scheme in [self.scheme] if self.scheme else ["https", "http"]:
            connection = (
                HttpsTo(self._mirror)
                if scheme == "https"
                else http.client.HTTPConnection(self._mirror.address, self._mirror.http, timeout=TIMEOUT_S)
            )
            try:
                connection.connect()
            except OSError:
                if scheme == "http" or self.scheme:
                    raise
                continue
            self.scheme, self._connection = scheme, connection
            return connection
        raise OSError("no connection")


class HttpsTo(http.client.HTTPConnection):
    """To an address, in the name of the site."""

    def __init__(self, mirror: Mirror) -> None:
        super().__init__(mirror.address, mirror.https, timeout=TIMEOUT_S)
        self._domain = mirror.domain

    def connect(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection((self.host, self.port), TIMEOUT_S)
        self.sock = context.wrap_socket(plain, server_hostname=self._domain)
