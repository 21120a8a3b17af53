# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""sshd's files in the order in which sshd reads them."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import fnmatch
import unittest

from ansible_collections.iepc.prep.plugins.module_utils import sshd_files

DROP_IN = "/etc/ssh/sshd_config.d/00-prep.conf"
OURS = "PasswordAuthentication no\nPermitRootLogin prohibit-password\nPort 22\n"
# CentOS 7's own file, shortened.
EL7 = """\
HostKey /etc/ssh/ssh_host_rsa_key
HostKey /etc/ssh/ssh_host_ecdsa_key
HostKey /etc/ssh/ssh_host_ed25519_key
SyslogFacility AUTHPRIV
PasswordAuthentication yes
UsePAM yes
AcceptEnv LANG LC_CTYPE
Subsystem\tsftp\t/usr/libexec/openssh/sftp-server
"""
# What `ps` shows of Red Hat 8's sshd.
EL8_COMMAND_LINE = (
    "/usr/sbin/sshd -D -oCiphers=aes256-gcm@openssh.com,aes256-ctr -oMACs=hmac-sha2-256 "
    "-oCASignatureAlgorithms=rsa-sha2-256,ssh-rsa -p 2222"
)


class Files(object):
    """A tree of files in memory, with what a Look has."""

    def __init__(self, files):
        self.files = files

    def read_if_there(self, path):
        return self.files.get(path)

    def glob(self, pattern):
        return sorted(path for path in self.files if fnmatch.fnmatch(path, pattern))


def read(main, **drop_ins):
    files = {sshd_files.MAIN: main}
    files.update(("/etc/ssh/sshd_config.d/%s.conf" % name.replace("_", "-"), text) for name, text in drop_ins.items())
    return sshd_files.directives(Files(files))


class Reading(unittest.TestCase):
    INCLUDE = "# comment\n\nInclude /etc/ssh/sshd_config.d/*.conf\n"

    def test_the_include_has_to_come_first(self):
        self.assertTrue(sshd_files.reads_first(self.INCLUDE + "UsePAM yes\n", DROP_IN))
        self.assertTrue(sshd_files.reads_first("include sshd_config.d/*.conf", DROP_IN))
        self.assertTrue(sshd_files.reads_first('Include "/etc/ssh/a" /etc/ssh/sshd_config.d/*', DROP_IN))
        self.assertFalse(sshd_files.reads_first("UsePAM yes\n" + self.INCLUDE, DROP_IN))
        self.assertFalse(sshd_files.reads_first("Include /etc/ssh/other.d/*.conf\n", DROP_IN))
        self.assertFalse(sshd_files.reads_first(EL7, DROP_IN))
        self.assertFalse(sshd_files.reads_first("", DROP_IN))

    def test_a_block_on_top_is_taken_off_exactly(self):
        with_block = "%s\n%s\n%s\n\n%s" % (sshd_files.BEGIN, OURS, sshd_files.END, EL7)
        self.assertEqual(sshd_files.without_block(with_block), EL7)
        self.assertEqual(sshd_files.without_block(EL7), EL7)

    def test_what_is_read_before_the_drop_in_overrules_it(self):
        for there in ({}, {"00_prep": OURS}):
            before = {"00_a": "passwordauthentication = yes\n", "a00_late": "UseDNS no\n"}
            found = read(self.INCLUDE, **dict(there, **before))
            self.assertEqual(
                [str(one) for one in sshd_files.overruling(found, OURS, DROP_IN)],
                ["/etc/ssh/sshd_config.d/00-a.conf:1: 'passwordauthentication yes'"],
            )
        cloud = read(self.INCLUDE, **{"50_cloud_init": "PasswordAuthentication yes\n"})
        self.assertEqual(sshd_files.overruling(cloud, OURS, DROP_IN), [])

    def test_match_blocks_that_reopen(self):
        text = (
            "Match Address 10.0.0.0/8\n PermitRootLogin yes\n X11Forwarding yes\n"
            "Match User backup\n PasswordAuthentication yes\n PermitRootLogin no\n"
            "Match Group sftp\n ChrootDirectory /srv\n PasswordAuthentication no\n"
            "Match all\n AuthenticationMethods publickey password\n"
        )
        found = sshd_files.reopening(read(text), [], True)
        self.assertEqual([(one.number, one.match) for one in found],
                         [(2, "Address 10.0.0.0/8"), (5, "User backup"), (11, "all")])
        accepted = sshd_files.reopening(read(text), ["user  backup"], True)
        self.assertEqual([one.number for one in accepted], [2, 11])

    def test_key_files_of_a_match_block_count_where_only_root_s_do(self):
        found = read("Match User x\n AuthorizedKeysFile /srv/x/keys\n")
        self.assertEqual(sshd_files.reopening(found, [], True), [])
        self.assertEqual(len(sshd_files.reopening(found, [], False)), 1)

    def test_a_match_block_ends_with_its_file(self):
        found = read(self.INCLUDE + "PermitRootLogin yes\n", **{"60_x": "Match User x\n"})
        self.assertEqual([one.match for one in found], [None])

    def test_ports_also_of_listen_addresses(self):
        text = "Port 2222\nListenAddress 192.0.2.1:2223\nListenAddress [2001:db8::1]:2224\nListenAddress 2001:db8::1\n"
        self.assertEqual([port for port, _one in sshd_files.ports(read(text))], [2222, 2223, 2224])


class CommandLine(unittest.TestCase):
    def test_options_that_overrule_every_file(self):
        found = sshd_files.command_line_options(EL8_COMMAND_LINE)
        self.assertEqual([name for name, _text in found], ["ciphers", "macs", "casignaturealgorithms", "port"])
        self.assertEqual(found[3][1], "Port=2222")
        self.assertEqual(sshd_files.command_line_options("sshd: /usr/sbin/sshd -D [listener] 0 of 30-100 startups"), [])

    def test_the_crypto_policy_is_opted_out_of_once(self):
        text = "# CRYPTO_POLICY=\nSSH_USE_STRONG_RNG=0\n"
        wanted = "# CRYPTO_POLICY=\nSSH_USE_STRONG_RNG=0\nCRYPTO_POLICY=\n"
        self.assertEqual(sshd_files.without_policy(text), wanted)
        self.assertEqual(sshd_files.without_policy(wanted), wanted)
        self.assertEqual(sshd_files.without_policy("CRYPTO_POLICY=-oCiphers=x\n"), "CRYPTO_POLICY=\n")


if __name__ == "__main__":
    unittest.main()
