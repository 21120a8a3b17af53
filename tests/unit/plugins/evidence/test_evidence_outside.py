# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""The view from outside, against small servers on this machine's loopback."""

from __future__ import absolute_import, division, print_function

import errno
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import zlib

from ansible_collections.iepc.prep.plugins.module_utils.evidence import certificate, outside
from ansible_collections.iepc.prep.plugins.module_utils.evidence.shown_clock import clocks
from fake_reader import fixture

__metaclass__ = type


class Server(object):
    """Answers each connection with answer(request bytes) -> bytes; None keeps silent."""

    def __init__(self, answer, context=None):
        self.answer = answer
        self.context = context
        self.requests = []
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(20)
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)
        self.thread.daemon = True
        self.thread.start()

    def serve(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except (OSError, socket.error):
                return
            thread = threading.Thread(target=self.one, args=(connection,))
            thread.daemon = True
            thread.start()

    def one(self, connection):
        try:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request:
                data = connection.recv(65536)
                if not data:
                    return
                request += data
            self.requests.append(request)
            answer = self.answer(request)
            if answer is None:
                time.sleep(20)
                return
            connection.sendall(answer)
        except (OSError, socket.error):
            pass
        finally:
            connection.close()

    def close(self):
        self.socket.close()


BODY = u"<p>\xdaltimo corte</p>".encode("utf-8")


def gzipped(body):
    """As mod_deflate sends it."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def page(body=BODY, status=b"200 OK", headers=b""):
    """An HTTP answer."""
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n" % len(body) + headers + b"\r\n" + body


class Pure(unittest.TestCase):
    def test_port_states(self):
        for error, expected in (
            (socket.timeout("timed out"), "timeout"),
            (socket.error(errno.ECONNREFUSED, "x"), "refused"),
            (socket.error(errno.EHOSTUNREACH, "x"), "unreachable"),
            (socket.error(errno.ETIMEDOUT, "x"), "timeout"),
            (socket.gaierror(-2, "Name or service not known"), "unreachable"),
        ):
            self.assertEqual(outside.port_state(error), expected)

    def test_redirects_that_stay(self):
        for location, expected in (
            ("https://prep.example.mx/a?b=1", ("https", 443, "/a?b=1")),
            ("http://PREP.example.mx:8080", ("http", 8080, "/")),
        ):
            self.assertEqual(outside.same_site(location, "prep.example.mx"), expected)
        for location in ("https://other.example/", "ftp://prep.example.mx/", "//", "http://prep.example.mx:x/"):
            self.assertIsNone(outside.same_site(location, "prep.example.mx"))

    def test_walls(self):
        def walls(body):
            return outside.walls(body, "https://prep.example.mx/", "prep.example.mx")

        for body, expected in (
            (BODY, []),
            (b"<form><INPUT name=a type = 'PASSWORD'></form>", ["password"]),
            (b"<input type=text><p>password</p>", []),
            (b'{"@type": "NewsArticle", "isAccessibleForFree": "False"}', ["payment"]),
            (b'{"isAccessibleForFree": true}', []),
            (b'<meta http-equiv="refresh" content="0; url=https://pago.example/">', ["refresh"]),
            (b'<meta http-equiv="refresh" content="60">', []),
            (b'<meta http-equiv="Refresh" content="60;URL=/index.html">', []),
            (
                b'<meta http-equiv=refresh content="0;url=//otro.example/"><input type="password">',
                ["password", "refresh"],
            ),
            (b"<meta http-equiv=refresh content='0;url=\xff\xfe'>", []),
        ):
            self.assertEqual(walls(body), expected, body)

    def test_hours_beside_the_word_for_a_cut(self):
        for body, expected in (
            (
                u"<p>\xdaltimo corte</p><b>07 junio 2021</b> Tiempo del Centro <i>0:16</i> h UTC-5".encode("utf-8"),
                ["00:16"],
            ),
            (u"\xdaltima actualizaci\xf3n: 21:30:15".encode("latin-1"), ["21:30"]),
            (b"Corte <script>var t = '10:10';</script><!-- 11:11 --> 12:12", ["12:12"]),
            (b"Las casillas abren a las 08:00. " + b"x" * 200, []),
            (b"corte 25:00 1:234 2022-06-05", []),
            (b"\xff\xfe corte " + b"9:01 " * 500, ["09:01"]),
        ):
            self.assertEqual(clocks(body), expected, body)

    def test_a_bomb_is_unpacked_no_further_than_the_limit(self):
        self.assertEqual(len(outside.inflated(gzipped(b"0" * (50 * 1024 * 1024)))), outside.BODY_LIMIT)
        self.assertIsNone(outside.inflated(b"no gzip"))

    def test_the_address_that_it_looks_from(self):
        self.assertEqual(outside.source_address("127.0.0.1", None), ("127.0.0.1", None))
        source, reason = outside.source_address("127.0.0.1", 6)
        self.assertIsNone(source)
        self.assertTrue(reason)

    def test_without_a_way_there_is_nothing_to_see(self):
        probe = outside.Probe("127.0.0.1", None, 1.0, 1.0)
        found = outside.report("lector", "d", False, probe, [1], False, 6)
        self.assertEqual((found["items"], found["source"], found["family"]), ({}, None, 6))
        self.assertTrue(found["skipped"])
        self.assertIsNone(outside.report("lector", "d", False, probe, [1])["skipped"])

    def test_host_header(self):
        self.assertEqual(outside.host_header("2001:db8::1", 80, "http"), "[2001:db8::1]")
        self.assertEqual(outside.host_header("a.mx", 443, "http"), "a.mx:443")

    def test_the_limits_fit_the_promise(self):
        began = time.time()
        probe = outside.Probe("127.0.0.1", None, 1.0, 0.4)
        items = outside.look(probe, [1])
        self.assertLess(time.time() - began, 2)
        self.assertEqual(items["tcp.1"]["value"]["state"], "refused")


class Certificates(unittest.TestCase):
    def test_recorded(self):
        found = certificate.parse(ssl.PEM_cert_to_DER_cert(str(fixture("tls", "server.pem"))))
        self.assertEqual(
            found,
            {"subject": "CN=prep.example.mx, O=El Ejemplo, ST=Durango, C=MX", "issuer": "CN=Lab CA",
             "sans": ["DNS:prep.example.mx", "DNS:localhost", "IP:127.0.0.1", "IP:2001:db8::1"],
             "not_before": "2026-11-24T04:41:30Z", "not_after": "2126-07-23T04:41:30Z", "self_signed": False},
        )
        self.assertTrue(certificate.parse(ssl.PEM_cert_to_DER_cert(str(fixture("tls", "ca.pem"))))["self_signed"])

    def test_anything_else_is_a_value_error(self):
        der = ssl.PEM_cert_to_DER_cert(str(fixture("tls", "server.pem")))
        for size in range(0, len(der), 7):
            try:
                certificate.parse(der[:size])
            except ValueError:
                continue
            self.fail("%d bytes of a certificate were taken for one" % size)
        for junk in (b"", b"\x30", b"\x30\x80", b"\xff" * 40, b"\x30\x03\x02\x01\x01"):
            self.assertRaises(ValueError, certificate.parse, junk)

    def test_dates(self):
        self.assertEqual(certificate.moment(0x17, b"491231235959Z"), "2049-12-31T23:59:59Z")
        self.assertEqual(certificate.moment(0x17, b"500101000000Z"), "1950-01-01T00:00:00Z")
        self.assertEqual(certificate.moment(0x18, b"20500101000000Z"), "2050-01-01T00:00:00Z")


class Http(unittest.TestCase):
    def serve(self, answer, context=None):
        server = Server(answer, context)
        self.addCleanup(server.close)
        return server

    def probe(self, domain="prep.example.mx", **limits):
        limits.setdefault("connect_timeout", 2.0)
        limits.setdefault("total", 4.0)
        return outside.Probe("127.0.0.1", domain, **limits)

    def test_a_page(self):
        server = self.serve(lambda request: page(headers=b"X-A: 1\r\nX-A: 2\r\n"))
        found = self.probe().page("http", server.port)
        self.assertEqual(found["status"], 200)
        self.assertEqual(found["headers"]["x-a"], ["1", "2"])
        self.assertEqual(found["body_head"], u"<p>\xdaltimo corte</p>")
        self.assertFalse(found["auth"])
        self.assertIn(b"Host: prep.example.mx:", server.requests[0])
        self.assertEqual(server.requests[0].lower().count(b"\r\nhost:"), 1)

    def test_a_redirect_within_the_site_is_followed(self):
        server = self.serve(
            lambda request: page() if b"GET /a " in request else page(b"", b"302 Found", b"Location: /a\r\n")
        )
        found = self.probe().page("http", server.port)
        self.assertEqual((found["status"], len(found["redirects"])), (200, 1))
        self.assertTrue(found["redirects"][0]["location"].endswith("/a"))

    def test_a_redirect_elsewhere_is_named_only(self):
        server = self.serve(lambda request: page(b"", b"301 Moved", b"Location: https://other.example/x\r\n"))
        found = self.probe().page("http", server.port)
        self.assertEqual(found["status"], 301)
        self.assertEqual(found["redirects"], [{"status": 301, "location": "https://other.example/x"}])
        self.assertEqual(len(server.requests), 1)

    def test_a_circle_ends(self):
        server = self.serve(lambda request: page(b"", b"302 Found", b"Location: /\r\n"))
        self.assertEqual(len(self.probe().page("http", server.port)["redirects"]), outside.MAX_REDIRECTS)

    def test_authentication(self):
        server = self.serve(lambda request: page(b"", b"401 No", b"WWW-Authenticate: Basic\r\n"))
        self.assertTrue(self.probe().page("http", server.port)["auth"])

    def test_a_large_body_is_bounded(self):
        server = self.serve(lambda request: page(b"x" * (outside.BODY_LIMIT + 5)))
        found = self.probe().page("http", server.port)
        self.assertEqual((found["body_bytes"], found["body_complete"]), (outside.BODY_LIMIT, False))

    def test_trace(self):
        server = self.serve(lambda request: page(request))
        status, _headers, body, _complete = self.probe().request("http", server.port, "/", "TRACE")
        self.assertEqual(status, 200)
        self.assertIn(outside.AGENT.encode("ascii"), body)

    def answer(self, ask):
        slot = {"value": None, "error": None, "truncated": False}
        outside._answer(slot, ask)
        self.assertTrue(slot["done"])
        return slot

    def test_silence_noise_and_an_early_end_are_errors(self):
        for answer in (lambda request: None, lambda request: b"\xff\xfe\r\n\r\n", lambda request: b""):
            port = self.serve(answer).port
            slot = self.answer(lambda port=port: self.probe(connect_timeout=0.4).page("http", port))
            self.assertIsNone(slot["value"])
            self.assertTrue(slot["error"])

    def test_a_page_that_drips_ends_in_time(self):
        def drip(request):
            return None

        server = self.serve(drip)
        began = time.time()
        self.answer(lambda: self.probe(connect_timeout=10, total=0.5).page("http", server.port))
        self.assertLess(time.time() - began, 3)


class Tls(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.directory)
        self.file = os.path.join(self.directory, "both.pem")
        config = os.path.join(self.directory, "openssl.cnf")
        with open(config, "w") as handle:
            handle.write(
                "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=prep.example.mx\n"
                "[ext]\nsubjectAltName=DNS:prep.example.mx\nbasicConstraints=critical,CA:TRUE\n"
            )
        try:
            subprocess.check_output(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-config", config,
                 "-keyout", self.file + ".key", "-out", self.file],
                stderr=subprocess.STDOUT,
            )
        except OSError:
            self.skipTest("no openssl program here")
        context = ssl.SSLContext(getattr(ssl, "PROTOCOL_TLS_SERVER", None) or ssl.PROTOCOL_SSLv23)
        context.load_cert_chain(self.file, self.file + ".key")
        self.server = Server(lambda request: page(), context)
        self.addCleanup(self.server.close)

    def test_certificate_and_trust(self):
        port = self.server.port

        class Here(outside.Probe):
            """443 is not free for a test."""

            def connect(self, _port):
                return outside.Probe.connect(self, port)

        found = Here("127.0.0.1", "prep.example.mx", ca_file=self.file).certificate()
        self.assertEqual(found["sans"], ["DNS:prep.example.mx"])
        self.assertTrue(found["self_signed"])
        self.assertTrue(found["protocol"].startswith("TLSv1"))
        self.assertEqual(found["chain_ok"], True, found["chain_reason"])
        self.assertEqual(Here("127.0.0.1", "otro.example.mx", ca_file=self.file).certificate()["chain_ok"], False)
        self.assertEqual(Here("127.0.0.1", "prep.example.mx").certificate()["chain_ok"], False)
        self.assertEqual(
            Here("127.0.0.1", "prep.example.mx", ca_file=self.file + ".none").certificate()["chain_ok"], None
        )

    def test_page(self):
        found = outside.Probe("127.0.0.1", "prep.example.mx").page("https", self.server.port)
        self.assertEqual(found["status"], 200)

    def test_state(self):
        probe = outside.Probe("127.0.0.1", "prep.example.mx", https=self.server.port)
        for body, expected in ((b'{"state": "zero"}', {"state": "zero"}), (b"[1]", None), (b"\xff{", None)):
            self.server.answer = lambda request, body=body: page(body)
            self.assertEqual(probe.state(), {"status": 200, "document": expected})

    def compressed(self, answer):
        self.server.answer = lambda request: answer if b"gzip" in request else page()
        return outside.Probe("127.0.0.1", "prep.example.mx", https=self.server.port).compressed()

    def test_compression(self):
        head = b"Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
        found = self.compressed(page(gzipped(BODY), headers=head))
        self.assertEqual(
            (found["encoding"], found["vary"], found["body_bytes"], found["same"]),
            ("gzip", "Accept-Encoding", len(BODY), True))
        self.assertEqual(self.compressed(page(gzipped(b"otro"), headers=head))["same"], False)
        self.assertEqual(self.compressed(page(b"no gzip", headers=head))["same"], None)
        self.assertEqual(self.compressed(page())["encoding"], "")



class Silent(outside.Probe):
    """A server whose port drops packets; another of its ports may answer."""

    def __init__(self, answers_at_once):
        super(Silent, self).__init__("192.0.2.1", "", connect_timeout=3.0)
        self.answers_at_once = answers_at_once
        self.waited = []

    def connect(self, port, patience=None):
        self.waited.append(patience)
        raise socket.timeout("timed out")


class Patience(unittest.TestCase):
    """How long a port that says nothing is waited for."""

    def test_half_when_the_server_answers_at_once_elsewhere(self):
        probe = Silent(answers_at_once=True)
        self.assertEqual(probe.tcp(22)["state"], "timeout")
        self.assertEqual(probe.waited, [1.5])

    def test_all_of_it_when_nothing_tells_a_drop_from_a_slow_way(self):
        probe = Silent(answers_at_once=False)
        self.assertEqual(probe.tcp(22)["state"], "timeout")
        self.assertEqual(probe.waited, [1.5, 3.0])

    def test_an_answer_is_noted(self):
        server = Server(lambda request: None)
        try:
            probe = outside.Probe("127.0.0.1", "")
            self.assertFalse(probe.answers_at_once)
            self.assertEqual(probe.tcp(server.port)["state"], "open")
            self.assertTrue(probe.answers_at_once)
        finally:
            server.close()


if __name__ == "__main__":
    unittest.main()
