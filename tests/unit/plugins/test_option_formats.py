# -*- coding: utf-8 -*-
"""Options that end up in a daemon's configuration: what passes can't add to it."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import unittest

from ansible_collections.iepc.prep.plugins.module_utils import option_formats

GOOD = {
    "host": ["difusor.example.org", "difusor11", "192.0.2.7", "2001:db8::7", "xn--peridico-r5a.mx"],
    "public_name": ["difusor.example.org"],
    "network": ["192.0.2.0/24", "192.0.2.7", "2001:db8::/32"],
    "url_path": ["/status.json", "/"],
    "path": ["/srv/prep/current", "/srv/a..b"],
    "email": ["utc@example.org"],
    "portal": ["https://www.example.org", "HTTP://Example.org:8080/a/b?c=d&e=%20", "https://192.0.2.7/"],
    "header": ["X-Forwarded-For"],
    "module": ["expires"],
    "url": ["https://acme.example.org/directory", "https://192.0.2.7:14000/dir"],
    "ciphers": ["ECDHE+AESGCM:!aNULL:@STRENGTH"],
    "read_timeout": ["10", "10-20", "10-20,MinRate=500"],
    "sysctl_key": ["net.core.somaxconn", "net/ipv4/conf/all/rp_filter"],
    "sysctl_value": ["1024 65535", 1, "-1"],
    "certificate": ["-----BEGIN CERTIFICATE-----\nAAAA\nBBB=\n-----END CERTIFICATE-----\n" * 2],
    "key": [
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
    ],
}
BAD = {
    "host": ["a b.example.org", "a.org\nListen 81", "a\"b.org", "-a.org", "192.0.2.300", "a_b.org", "", 7],
    "public_name": ["difusor11", "192.0.2.7", "2001:db8::7"],
    "network": ["192.0.2.0/33", "192.0.2.1/24", "cdn.example.org", "192.0.2.0/24\nx", None],
    "url_path": ["status.json", "/a b", "/a\"", "/a\n"],
    "path": ["srv", "/srv/\"x", "/srv/${HOME}", "/srv/../etc", "/srv/..", "/srv/a\n", "/srv/%{x}"],
    "email": ["utc", "utc@example.org\nInclude /etc/passwd"],
    "portal": [
        "www.example.org", "ftp://www.example.org", "https://a b.org", "https://a.org\" \"x",
        "https://a.org; script-src *",
        "https://periódico.mx", "https://a.org/\n", "https://*.org", "javascript:alert(1)", "https://", "https://a.org/\"",
    ],
    "header": ["X Forwarded", "X:", "X-Forwarded-For\n"],
    "module": ["expires_module.so", "../x", "Expires", ""],
    "url": ["https://acme.example.org", "file:///etc/passwd", "https://a.org/d x"],
    "ciphers": ["HIGH SSLProtocol all", "A\nB"],
    "read_timeout": ["10 20", "x", "10,MinRate=500 body=1", 10.5],
    "sysctl_key": ["somaxconn", "net.a = 1\nkernel.b"],
    "sysctl_value": ["1\nkernel.panic = 1", "yes", True],
    "certificate": ["x", "", "-----BEGIN CERTIFICATE-----\nAA AA\n-----END CERTIFICATE-----\nInclude /x\n"],
    "key": ["-----BEGIN ENCRYPTED\n", "secret", "-----BEGIN PRIVATE KEY-----\n\"\n-----END PRIVATE KEY-----"],
}


class Formats(unittest.TestCase):
    def test_what_is_right_passes(self):
        for kind, values in GOOD.items():
            for value in values:
                self.assertIsNone(option_formats.expected(kind, value), "%s: %r" % (kind, value))

    def test_what_is_wrong_is_refused(self):
        for kind, values in BAD.items():
            for value in values:
                self.assertTrue(option_formats.expected(kind, value), "%s: %r" % (kind, value))

    def test_a_line_break_at_the_end_is_one_too_many(self):
        for kind in set(GOOD) - set(["certificate", "key"]):
            self.assertTrue(option_formats.expected(kind, "%s\n" % GOOD[kind][0]), kind)

    def test_every_format_is_tried(self):
        self.assertEqual(set(option_formats.FORMATS) - set(["number"]), set(GOOD))
        self.assertEqual(set(GOOD), set(BAD))

    def test_numbers_keep_their_bounds_and_their_kind(self):
        for value in (0, 30, "15"):
            self.assertIsNone(option_formats.expected("number", value, 0, 30))
        for value in (31, -1, "x", True, 1.5, None, "15\n16"):
            self.assertTrue(option_formats.expected("number", value, 0, 30))
        self.assertIsNone(option_formats.expected("number", 0.5, 0.05, 0.9))
        self.assertTrue(option_formats.expected("number", 1.5, 0.05, 0.9))


class Lines(unittest.TestCase):
    def test_a_line_names_option_expectation_and_value(self):
        lines = option_formats.misfits([
            {"name": "a", "format": "network", "values": ["192.0.2.1", "192.0.2.1/24"]},
            {"name": "b", "format": "number", "value": 90, "least": 0, "most": 30},
            {"name": "c", "format": "email", "value": "", "optional": True},
        ])  # fmt: skip
        self.assertEqual(
            lines,
            [
                'a[1]: expected a network without host bits (did you mean 192.0.2.0/24?), got "192.0.2.1/24"',
                "b: expected a whole number from 0 to 30, got 90",
            ],
        )

    def test_it_is_one_line_whatever_was_given_and_shows_no_secret(self):
        lines = option_formats.misfits([
            {"name": "a", "format": "host", "value": "x\nListen 81"},
            {"name": "k", "format": "key", "value": "my-secret"},
        ])  # fmt: skip
        self.assertNotIn("\n", "".join(lines))
        self.assertNotIn("my-secret", "".join(lines))


if __name__ == "__main__":
    unittest.main()
