# -*- coding: utf-8 -*-
"""apache_scope: modules beyond the list, and sites that answer in the publication's place."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import httpd
from ansible_collections.iepc.prep.plugins.modules import apache_scope

OURS = "/etc/apache2/sites-enabled/000-prep.conf"
ALONE = """\
VirtualHost configuration:
*:80                   a.example.org (/etc/apache2/sites-enabled/000-prep.conf:4)
*:443                  a.example.org (/etc/apache2/sites-enabled/000-prep.conf:40)
"""
BESIDE = """\
VirtualHost configuration:
*:80                   is a NameVirtualHost
         default server a.example.org (/etc/apache2/sites-enabled/000-prep.conf:4)
         port 80 namevhost a.example.org (/etc/apache2/sites-enabled/000-prep.conf:4)
         port 80 namevhost b.example.org (/etc/apache2/sites-enabled/otro.conf:1)
*:443                  a.example.org (/etc/apache2/sites-enabled/000-prep.conf:40)
*:8080                 c.example.org (/etc/apache2/sites-enabled/otro.conf:9)
"""
BY_ADDRESS = ALONE + "192.0.2.7:443          b.example.org (/etc/apache2/sites-enabled/otro.conf:1)\n"
FIRST = """\
VirtualHost configuration:
*:80                   is a NameVirtualHost
         default server b.example.org (/etc/apache2/sites-enabled/000-aa.conf:1)
         port 80 namevhost b.example.org (/etc/apache2/sites-enabled/000-aa.conf:1)
         port 80 namevhost a.example.org (/etc/apache2/sites-enabled/000-prep.conf:4)
*:443                  a.example.org (/etc/apache2/sites-enabled/000-prep.conf:40)
"""


def before_ours(text):
    return apache_scope.before_ours(httpd.parse_vhosts(text), lambda path: path == OURS)


class Sites(unittest.TestCase):
    def test_alone_or_before_all_others_is_right(self):
        self.assertEqual(before_ours(ALONE), [])
        self.assertEqual(before_ours(BESIDE), [])

    def test_a_site_with_the_address_for_itself_is_named(self):
        found = before_ours(BY_ADDRESS)
        self.assertEqual(found, ["192.0.2.7:443 is answered by b.example.org (/etc/apache2/sites-enabled/otro.conf)"])

    def test_a_site_that_is_read_before_ours_is_named(self):
        found = before_ours(FIRST)
        self.assertEqual(found[0], "*:80 is answered by b.example.org (/etc/apache2/sites-enabled/000-aa.conf)")
        self.assertIn("port 80 is not answered by it first", found)


class Modules(unittest.TestCase):
    def test_only_what_is_beyond_the_list_is_named(self):
        self.assertEqual(apache_scope.beyond(["ssl_module", "php7_module"], ["ssl", "dir"]), ["php7"])
        self.assertEqual(apache_scope.beyond(["ssl_module"], ["ssl"]), [])


if __name__ == "__main__":
    unittest.main()
