# -*- coding: utf-8 -*-
"""certbot's own words, of the oldest and the newest version that the role meets."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import unittest

from ansible_collections.iepc.prep.plugins.module_utils import certbot_text

# certbot 1.12 (Debian 11, and nearly CentOS 7's 1.11), 4.0 (Debian 13); as printed.
OLD = """\
Saving debug log to /var/log/letsencrypt/letsencrypt.log
Plugins selected: Authenticator webroot, Installer None
Requesting a certificate for nadie.prep.test
Performing the following challenges:
http-01 challenge for nadie.prep.test
Challenge failed for domain nadie.prep.test
Cleaning up challenges
Some challenges have failed.
IMPORTANT NOTES:
 - The following errors were reported by the server:

   Domain: nadie.prep.test
   Type:   connection
   Detail: Get "http://nadie.prep.test:80/x": lookup
   nadie.prep.test: no such host

   To fix these errors, please make sure that your domain name was
   entered correctly.
"""
NEW = """\
Requesting a certificate for a.prep.test and b.prep.test

Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:
  Domain: a.prep.test
  Type:   unauthorized
  Detail: 192.0.2.7: Invalid response from http://a.prep.test/x: 404

  Domain: b.prep.test
  Type:   dns
  Detail: no such host

Hint: The Certificate Authority failed to download the temporary challenge files created by Certbot.
"""
UNREACHABLE = """\
Saving debug log to /var/log/letsencrypt/letsencrypt.log
Plugins selected: Authenticator webroot, Installer None
An unexpected error occurred:
requests.exceptions.ConnectionError: no route to host
"""
RENEWAL = """\
# renew_before_expiry = 30 days
version = 1.12.0
[renewalparams]
account = 0a
server = https://acme.example.org/directory
webroot_path = /var/www/prep-acme,
renew_hook = /usr/local/sbin/prep-deploy-certificate
[[webroot_map]]
a.prep.test = /var/www/prep-acme
"""


class Reason(unittest.TestCase):
    def test_it_is_what_the_server_said_of_each_name(self):
        self.assertEqual(
            certbot_text.reason(OLD),
            'nadie.prep.test: Get "http://nadie.prep.test:80/x": lookup nadie.prep.test: no such host',
        )
        self.assertEqual(
            certbot_text.reason(NEW),
            "a.prep.test: 192.0.2.7: Invalid response from http://a.prep.test/x: 404; b.prep.test: no such host",
        )

    def test_it_is_certbots_own_words_where_no_server_spoke(self):
        self.assertEqual(
            certbot_text.reason(UNREACHABLE),
            "An unexpected error occurred:; requests.exceptions.ConnectionError: no route to host",
        )
        self.assertEqual(certbot_text.reason(""), "certbot gave no reason")


class Kept(unittest.TestCase):
    def test_settings_of_a_renewal(self):
        kept = certbot_text.renewal_settings(RENEWAL)
        self.assertEqual(kept["server"], "https://acme.example.org/directory")
        self.assertEqual(kept["webroot_path"], "/var/www/prep-acme,")
        self.assertEqual(kept["renew_hook"], "/usr/local/sbin/prep-deploy-certificate")
        self.assertNotIn("renew_before_expiry", kept)

    def test_names_of_a_certificate(self):
        text = "X509v3 Subject Alternative Name: \n    DNS:A.prep.test, DNS:b.prep.test, IP Address:192.0.2.7\n"
        self.assertEqual(certbot_text.names_in(text), set(["a.prep.test", "b.prep.test"]))


if __name__ == "__main__":
    unittest.main()
