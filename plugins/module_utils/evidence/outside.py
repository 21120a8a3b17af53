# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""A server seen from outside: ports, pages, headers, certificate.

Each question runs in a thread of its own with its own time limit; whatever is
not answered when the time for all is over becomes an item with an error. So the
whole takes no longer than `total` seconds, also where a firewall drops packets.
"""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import hashlib
import json
import os
import re
import socket
import ssl
import threading
import time
import zlib

try:
    from http.client import HTTPConnection, HTTPException  # novermin
    from urllib.parse import urljoin, urlsplit  # novermin
except ImportError:  # Python 2.7
    from httplib import HTTPConnection, HTTPException  # novermin
    from urlparse import urljoin, urlsplit  # novermin

from ansible_collections.iepc.prep.plugins.module_utils.evidence import certificate
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import SCHEMA, utc
from ansible_collections.iepc.prep.plugins.module_utils.evidence.shown_clock import clocks
from ansible_collections.iepc.prep.plugins.module_utils.evidence.text import bounded, to_text

AGENT = "iepc.prep public_probe (compliance check)"
BODY_LIMIT = 2 * 1024 * 1024
BODY_HEAD = 2048
MAX_REDIRECTS = 5
# What the CRS must refuse: a script, a path out of the tree and an SQL tautology, in a query nothing reads.
ATTACK = (
    "/?prep_probe=%3Cscript%3Ealert(1)%3C/script%3E&file=../../../../etc/passwd"
    "&id=1%27%20OR%20%271%27=%271"
)
# Where the role apache serves the publication's state.
STATE = "/status.json"
UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EACCES, errno.EPERM,
               errno.EADDRNOTAVAIL, errno.ENETDOWN)
REDIRECTS = (301, 302, 303, 307, 308)
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
# What a page does instead of showing itself: asks for a password, says that it is not free
# (schema.org's word for a paywall), or leads the browser away.
PASSWORD = re.compile(br"""<input\b[^>]*\btype\s*=\s*["']?password\b""", re.IGNORECASE)
PAYMENT = re.compile(br"""["']?isAccessibleForFree["']?\s*[:=]\s*["']?false\b""", re.IGNORECASE)
REFRESH = re.compile(
    br"""<meta\b[^>]*\bhttp-equiv\s*=\s*["']?refresh\b[^>]*\burl\s*=\s*["']?([^"'>\s]+)""", re.IGNORECASE
)


def port_state(error):
    """A connect error -> refused | timeout | unreachable."""
    if isinstance(error, socket.timeout):
        return "timeout"
    number = getattr(error, "errno", None)
    if number in (errno.ECONNREFUSED, errno.ECONNRESET):
        return "refused"
    if number == errno.ETIMEDOUT:
        return "timeout"
    return "unreachable"


def described(error):
    """A network error in words that do not depend on Python's version."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number > 0 and not isinstance(error, ssl.SSLError):
        return to_text(os.strerror(number))
    return to_text("%s: %s" % (type(error).__name__, error))


def host_header(domain, port, scheme):
    """The Host header of a URL (brackets around an IPv6 address, no default port)."""
    host = "[%s]" % domain if ":" in domain else domain
    return host if port == (443 if scheme == "https" else 80) else "%s:%d" % (host, port)


def same_site(location, domain):
    """Whether a redirect stays on the site: (scheme, port, path) of it, else None."""
    parts = urlsplit(location)
    if parts.scheme not in ("http", "https") or (parts.hostname or "").lower() != domain.lower():
        return None
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    path = parts.path or "/"
    return parts.scheme, port, path + ("?" + parts.query if parts.query else "")


def walls(body, url, domain):
    """What stands between a reader and a page: some of password, payment, refresh."""
    found = []
    if PASSWORD.search(body):
        found.append("password")
    if PAYMENT.search(body):
        found.append("payment")
    away = REFRESH.search(body)
    if away and same_site(urljoin(url, to_text(away.group(1))), domain) is None:
        found.append("refresh")
    return found


def inflated(body):
    """The content of a gzip body, BODY_LIMIT bytes at most; None if it is none."""
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, BODY_LIMIT + 1)[:BODY_LIMIT]
    except zlib.error:
        return None


def source_address(address, family):
    """The address that this machine has towards another; no packet is sent.

    :returns: (address, None), or (None, why there is no way)
    """
    try:
        kind = FAMILIES.get(family, socket.AF_UNSPEC)
        found = socket.getaddrinfo(address, 9, kind, socket.SOCK_DGRAM)[0]
        sock = socket.socket(found[0], socket.SOCK_DGRAM)
        try:
            sock.connect(found[4])
            return to_text(sock.getsockname()[0]).partition("%")[0], None
        finally:
            sock.close()
    except (socket.error, socket.gaierror, IndexError, UnicodeError) as error:
        return None, described(error)


def header_lists(pairs):
    """[(name, value)] -> {lower-case name: [values]}; a header sent twice keeps both."""
    headers = {}
    for name, value in pairs:
        headers.setdefault(to_text(name).lower(), []).append(to_text(value))
    return headers


def raw_headers(message):
    """The headers of a response in both Pythons, none merged, none lost."""
    if hasattr(message, "headers") and isinstance(message.headers, list):
        # Python 2 merges repeated ones in items(); the lines are still there.
        pairs = []
        for line in message.headers:
            name, colon, value = line.partition(":")
            if colon:
                pairs.append((name.strip(), value.strip()))
        return pairs
    # HTTP/1.x headers are Latin-1 on the wire.
    return list(message.items())


def lenient_context():
    """A TLS client that takes any certificate: it is judged, not relied upon."""
    if hasattr(ssl, "PROTOCOL_TLS_CLIENT"):  # novermin
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # novermin
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_SSLv23)
    context.check_hostname = False  # novermin (2.7.9 and later)
    context.verify_mode = ssl.CERT_NONE
    return context


def is_address(text):
    """Whether it is an IP address, which is not sent as SNI (RFC 6066, section 3)."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
            return True
        except (socket.error, ValueError, UnicodeError):
            pass
    return False


class Probe(object):
    """Questions to one server. `address` is where to connect, `domain` the site's name.

    connect_timeout and total are seconds; http and https the ports of the site.
    """

    def __init__(self, address, domain, connect_timeout=3.0, total=5.5, ca_file=None, http=80, https=443):
        self.address = address
        self.domain = domain or address
        self.connect_timeout = connect_timeout
        self.deadline = time.time() + total
        self.total = total
        self.ca_file = ca_file
        self.http = http
        self.https = https
        self.answers_at_once = False

    def _left(self, limit):
        """Seconds an operation may take."""
        left = self.deadline - time.time()
        if left <= 0.01:
            raise socket.timeout("timed out")
        return min(limit, left)

    def connect(self, port, patience=None):
        """A connected socket. Raises socket errors."""
        began = time.time()
        sock = socket.create_connection((self.address, port), self._left(patience or self.connect_timeout))
        if time.time() - began < self.connect_timeout / 6:
            self.answers_at_once = True
        sock.settimeout(self._left(self.connect_timeout))
        return sock

    def tls(self, port, context, verify_name=False):
        """A TLS socket. Raises socket and ssl errors."""
        sock = self.connect(port)
        try:
            # A name is always given when the certificate is checked against it.
            name = None if is_address(self.domain) and not verify_name else self.domain
            return context.wrap_socket(sock, server_hostname=name)
        except Exception:
            sock.close()
            raise

    # -- questions ---------------------------------------------------------

    def tcp(self, port):
        """{state, ms}"""
        began = time.time()
        # Within 3 s a first packet is sent at 0 and at 1 s; after half of that, to a server that answers
        # at once elsewhere, silence tells as much.
        state = self._state_of(port, self.connect_timeout / 2)
        if state == "timeout" and not self.answers_at_once:
            state = self._state_of(port, self.connect_timeout)
        return {"state": state, "ms": int(round((time.time() - began) * 1000))}

    def _state_of(self, port, patience):
        try:
            self.connect(port, patience).close()
            return "open"
        except (socket.error, socket.timeout) as error:
            return port_state(error)

    def request(self, scheme, port, path, method="GET", encoding="identity"):
        """One request, no redirect followed -> (status, headers, body, complete)."""
        sock = self.tls(port, lenient_context()) if scheme == "https" else self.connect(port)
        connection = HTTPConnection(self.domain, port)
        connection.sock = sock
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host_header(self.domain, port, scheme))
            connection.putheader("User-Agent", AGENT)
            connection.putheader("Accept", "*/*")
            connection.putheader("Accept-Encoding", encoding)
            connection.putheader("Connection", "close")
            connection.endheaders()
            response = connection.getresponse()
            if response.version < 10:
                # Python 2 takes anything for HTTP/0.9.
                raise HTTPException("the answer is not HTTP/1")
            body = b""
            complete = True
            while len(body) <= BODY_LIMIT:
                self._left(1)
                chunk = response.read(65536)
                if not chunk:
                    break
                body += chunk
            if len(body) > BODY_LIMIT:
                body, complete = body[:BODY_LIMIT], False
            return response.status, header_lists(raw_headers(response.msg)), body, complete
        finally:
            connection.close()
            sock.close()

    def page(self, scheme, port, path="/"):
        """A page as a reader gets it: redirects within the site are followed, others named."""
        redirects = []
        while True:
            url = "%s://%s%s" % (scheme, host_header(self.domain, port, scheme), path)
            status, headers, body, complete = self.request(scheme, port, path)
            location = headers.get("location", [None])[0]
            if status not in REDIRECTS or not location:
                break
            target = urljoin(url, location)
            redirects.append({"status": status, "location": target})
            onward = same_site(target, self.domain)
            if onward is None or len(redirects) >= MAX_REDIRECTS:
                break
            scheme, port, path = onward
        return {
            "status": status,
            "url": url,
            "headers": headers,
            "redirects": redirects,
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "body_bytes": len(body),
            "body_complete": complete,
            "body_head": to_text(body[:BODY_HEAD]),
            "auth": status == 401 or "www-authenticate" in headers,
            "walls": walls(body, url, self.domain),
            "clocks": clocks(body),
        }

    def state(self):
        """{status, document}: what the server publicly says that it shows; document null where it is no JSON object."""
        status, _headers, body, _complete = self.request("https", self.https, STATE)
        try:
            document = json.loads(to_text(body))
        except ValueError:
            document = None
        return {"status": status, "document": document if isinstance(document, dict) else None}

    def compressed(self):
        """The page as a client gets it that takes gzip, beside the one that takes none.

        {status, encoding, vary, sent_bytes, body_bytes, same}; same is null where there is nothing to compare.
        """
        status, headers, sent, complete = self.request("https", self.https, "/", encoding="gzip")
        encoding = ", ".join(headers.get("content-encoding", []))
        body = inflated(sent) if encoding.lower() == "gzip" else sent
        plain = self.request("https", self.https, "/")[2]
        return {
            "status": status,
            "encoding": encoding.lower(),
            "vary": ", ".join(headers.get("vary", [])),
            "sent_bytes": len(sent),
            "body_bytes": None if body is None else len(body),
            "same": body == plain if complete and body is not None else None,
        }

    def attack(self):
        """{status, url, redirects}: a request that a web application firewall must refuse (403)."""
        page = self.page("http", self.http, ATTACK)
        return {"status": page["status"], "url": page["url"], "redirects": page["redirects"]}

    def trace(self):
        """{status, echoed}: TRACE must not be answered with the request (200)."""
        status, _headers, body, _complete = self.request("http", self.http, "/", "TRACE")
        return {"status": status, "echoed": AGENT.encode("ascii") in body}

    def certificate(self):
        """What is presented over TLS; chain_ok: whether this machine trusts it for the site's name (null: unknown)."""
        sock = self.tls(self.https, lenient_context())
        try:
            der = sock.getpeercert(True)
            protocol = sock.version() if hasattr(sock, "version") else None
            cipher = sock.cipher()
        finally:
            sock.close()
        if not der:
            raise SourceError("no certificate was presented")
        try:
            value = certificate.parse(der)
        except ValueError as error:
            raise SourceError("certificate: %s" % error)
        value["protocol"] = protocol
        value["cipher"] = cipher[0] if cipher else None
        value["sha256"] = hashlib.sha256(der).hexdigest()
        value["chain_ok"], value["chain_reason"] = self._chain()
        return value

    def _chain(self):
        """(trusted: bool or None, reason)"""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (IOError, OSError, AttributeError) as error:
            return None, to_text(error)
        try:
            self.tls(self.https, context, verify_name=True).close()
            return True, None
        except Exception as error:  # pylint: disable=broad-except
            # Python 2 and 3 name a failed verification differently; its text is the same.
            text = to_text(str(error))
            refused = isinstance(error, (ssl.SSLError, getattr(ssl, "CertificateError", ValueError)))
            refused = refused and not isinstance(error, socket.timeout) and "timed out" not in text
            return (False if refused else None), text


def questions(probe, ports, attack):
    """[(key, source, callable)] of all that is asked."""
    site = "http://%s" % host_header(probe.domain, probe.http, "http")
    secure = "https://%s" % host_header(probe.domain, probe.https, "https")
    asked = [
        ("tcp.%d" % port, "%s:%d" % (probe.address, port), (lambda port=port: probe.tcp(port)))
        for port in sorted(set(ports))
    ]
    asked.append(("http.root", site + "/", lambda: probe.page("http", probe.http)))
    asked.append(("https.root", secure + "/", lambda: probe.page("https", probe.https)))
    asked.append(("https.status", secure + STATE, probe.state))
    asked.append(("https.compressed", secure + "/ (gzip)", probe.compressed))
    asked.append(("https.certificate", "%s:%d" % (probe.address, probe.https), probe.certificate))
    asked.append(("http.trace", "TRACE " + site + "/", probe.trace))
    if attack:
        asked.append(("http.attack", site + ATTACK, probe.attack))
    return asked


def _answer(slot, ask):
    """Fill one item."""
    slot["at"] = utc()
    try:
        slot["value"], slot["truncated"] = bounded(ask())
    except SourceError as error:
        slot["error"] = to_text(error.args[0])
    except socket.timeout:
        slot["error"] = "timed out"
    except (socket.error, ssl.SSLError, HTTPException) as error:
        slot["error"] = described(error)
    except Exception as error:  # pylint: disable=broad-except
        slot["error"] = to_text("%s: %r" % (type(error).__name__, error.args))
    slot["done"] = True


def look(probe, ports, attack=False):
    """All items of a target: {key: item}."""
    slots = []
    for key, source, ask in questions(probe, ports, attack):
        slot = {"source": source, "at": utc(), "value": None, "error": None, "truncated": False}
        slot["done"] = False
        thread = threading.Thread(target=_answer, args=(slot, ask))
        thread.daemon = True
        thread.start()
        slots.append((key, slot, thread))
    items = {}
    for key, slot, thread in slots:
        thread.join(max(0.0, probe.deadline + 0.2 - time.time()))
        done = slot["done"]
        items[key] = {
            "source": to_text(slot["source"]),
            "at": slot["at"],
            "rc": None,
            "value": slot["value"] if done else None,
            "error": slot["error"] if done else "no answer within %g s" % probe.total,
            "truncated": slot["truncated"] if done else False,
        }
    return items


def report(vantage, target, allowed, probe, ports, attack=False, family=None):
    """The `probe` structure of one target seen from one vantage point.

    Where this machine has no way to addresses of that family there is nothing to see: `items` is
    empty and `skipped` says why. A server must not be blamed for it.
    """
    started = utc()
    source, skipped = source_address(probe.address, family)
    return {
        "schema": SCHEMA,
        "vantage": vantage,
        "target": target,
        "address": probe.address,
        "domain": probe.domain,
        "family": family or (6 if ":" in (source or "") else 4),
        "source": source,
        "skipped": skipped,
        "allowed": allowed,
        "started": started,
        "items": {} if skipped else look(probe, ports, attack),
        "finished": utc(),
    }
