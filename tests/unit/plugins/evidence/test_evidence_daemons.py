# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Parsers of what the servers' programs say: sshd, Apache, ModSecurity, fail2ban, rsync, firewall.

Fixtures named debianNN are recorded from such servers. Texts of CentOS 7 follow
the forms of httpd 2.4.6, OpenSSH 7.4p1, rsync 3.1.2 and firewalld 0.6.3.
"""

from __future__ import absolute_import, division, print_function

import json
import unittest

from ansible_collections.iepc.prep.plugins.module_utils.evidence import (
    fail2ban,
    firewall,
    httpd,
    modsecurity,
    rsyncd,
    services,
    sshd,
    versions,
)
from ansible_collections.iepc.prep.plugins.module_utils.evidence.errors import SourceError
from ansible_collections.iepc.prep.plugins.module_utils.evidence.items import Look, item
from fake_reader import FakeReader, fixture

__metaclass__ = type

DEBIANS = ("debian11", "debian12", "debian13")
OPTIONS = {"outside_source": "198.51.100.77", "allowed_source": None, "content_root": "/srv/prep"}
ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIJ0ZPpEeJMfPUwBvXo1X3Qd4Vb8dO2kbV2oZQd3mXh1A"
DPKG = "Package: fail2ban\nStatus: install ok installed\nVersion: 1.0.2-2\n\n"


def units(**active):
    """systemctl's answer in which those units are active."""
    blocks = []
    for name in services.UNITS:
        state = active.get(name.replace("-", "_").replace(".", "_"))
        blocks.append(
            "Id=%s.service\nLoadState=%s\nActiveState=%s\nSubState=%s\nUnitFileState=%s\n"
            % (name, "loaded" if state else "not-found", state or "inactive", "running" if state else "dead",
               "enabled" if state else "")
        )
    return "\n".join(blocks)


class Sshd(unittest.TestCase):
    def test_versions(self):
        for text, expected in (
            (fixture("debian11", "sshd_V.txt"), "8.4p1"),
            (fixture("debian12", "sshd_V.txt"), "9.2"),
            (fixture("debian13", "sshd_V.txt"), "10.0p2"),
            ("unknown option -- V\nOpenSSH_7.4p1, OpenSSL 1.0.2k-fips  26 Jan 2017\nusage: sshd", "7.4p1"),
            ("nothing", ""),
        ):
            self.assertEqual(sshd.parse_version(text), expected)

    def test_a_wrong_option_is_no_failure(self):
        made = item(FakeReader({"sshd": (1, "", fixture("debian11", "sshd_V.txt"))}), sshd.collect_version, OPTIONS)
        self.assertEqual((made["value"], made["rc"], made["error"]), ("8.4p1", 0, None))

    def test_effective_options(self):
        for name in DEBIANS:
            options = sshd.parse_effective(fixture(name, "sshd_T.txt"))
            self.assertEqual(options["port"], "22")
            self.assertEqual(options["listenaddress"], ["[::]:22", "0.0.0.0:22"])
            self.assertEqual(len(options["hostkey"]), 3)
            self.assertIn("permitrootlogin", options)

    def test_asked_for_both_sources_with_a_host(self):
        reader = FakeReader({"sshd": (0, fixture("debian12", "sshd_T.txt"), "")})
        made = item(reader, sshd.collect_effective, dict(OPTIONS, allowed_source="2001:db8::1"))
        self.assertEqual(sorted(made["value"]), ["allowed", "outside"])
        self.assertIn("user=root,host=2001:db8::1,addr=2001:db8::1,lport=22", [argv[-1] for argv, _in in reader.asked])
        self.assertEqual(sorted(item(reader, sshd.collect_effective, OPTIONS)["value"]), ["outside"])

    def test_the_end_where_the_run_came_in(self):
        for connection, expected in (
            ("172.30.97.1 40000 172.30.97.11 2222", "laddr=172.30.97.11,lport=2222"),
            ("fe80::1%eth0 40000 fe80::2%eth0 22", "lport=22"), ("", "lport=22"), (None, "lport=22"),
        ):
            self.assertEqual(sshd.local_end(connection), expected)

    def test_refused_configuration_is_an_error(self):
        reader = FakeReader({"sshd": (255, "", "/etc/ssh/sshd_config: line 3: Bad configuration option: X\n")})
        self.assertIn("line 3: Bad configuration", item(reader, sshd.collect_effective, OPTIONS)["error"])

    def test_absent(self):
        self.assertEqual(item(FakeReader(), sshd.collect_version, OPTIONS)["value"], "")
        self.assertEqual(item(FakeReader(), sshd.collect_effective, OPTIONS)["value"], {})

    def test_keys(self):
        keys = sshd.parse_keys(
            "# c\nssh-ed25519 %s ana@casa uno\nfrom=\"10.0.0.0/8\",command=\"a \\\" b\" ssh-ed25519 %s\n"
            "basura\nssh-rsa AAAA\n" % (ED25519, ED25519)
        )
        self.assertEqual([key["type"] for key in keys],
                         ["ssh-ed25519", "ssh-ed25519", "unreadable", "unreadable"])
        self.assertEqual(keys[0]["comment"], "ana@casa uno")
        self.assertEqual(keys[0]["bits"], 256)
        self.assertTrue(keys[0]["sha256"].startswith("SHA256:"))
        self.assertEqual(keys[1]["options"], 'from="10.0.0.0/8",command="a \\" b"')

    def test_patterns_of_key_files(self):
        self.assertEqual(sshd.expand(".ssh/authorized_keys", "ana", "/srv/ana"), "/srv/ana/.ssh/authorized_keys")
        self.assertEqual(sshd.expand("/etc/ssh/keys/%u", "ana", "/srv/ana"), "/etc/ssh/keys/ana")
        self.assertEqual(sshd.expand("%h/k%%", "ana", "/srv/ana"), "/srv/ana/k%")

    def test_authorized_keys_follow_the_effective_option(self):
        text = "permitrootlogin yes\nauthorizedkeysfile /etc/ssh/keys/%u\n"
        reader = FakeReader(
            {"sshd": (0, text, "")},
            {"/etc/passwd": "root:x:0:0::/root:/bin/bash\nbin:x:1:1::/bin:/sbin/nologin\n",
             "/etc/ssh/keys/root": "ssh-ed25519 %s utc\n" % ED25519,
             "/root/.ssh/authorized_keys": "ssh-ed25519 %s nobody reads this\n" % ED25519},
        )
        made = item(reader, sshd.collect_authorized, OPTIONS)
        self.assertIsNone(made["error"])
        self.assertEqual([(key["comment"], key["file"]) for key in made["value"]["root"]],
                         [("utc", "/etc/ssh/keys/root")])
        self.assertEqual(list(made["value"]), ["root"])


VHOSTS_24_6 = """\
VirtualHost configuration:
[2001:db8::1]:80       seis.example (/etc/httpd/conf.d/six.conf:3)
wildcard NameVirtualHosts and _default_ servers:
*:443                  is a NameVirtualHost
         default server prep.example.mx (/etc/httpd/conf.d/ssl.conf:56)
         port 443 namevhost prep.example.mx (/etc/httpd/conf.d/ssl.conf:56)
                 alias www.example.mx
                 wild alias *.example.mx
         port 443 namevhost otro.example.mx (/etc/httpd/conf.d/otro.conf:1)
*:*                    comodin (/etc/httpd/conf.d/z.conf:9)
Loaded Modules:
 core_module (static)
 mpm_prefork_module (shared)
 ssl_module (shared)
"""


class Httpd(unittest.TestCase):
    def test_recorded_answers(self):
        for name in DEBIANS:
            text = fixture(name, "httpd_dump.txt")
            modules = httpd.parse_modules(text)
            self.assertEqual(httpd.mpm(modules), "event")
            self.assertIn("security2_module", modules)
            self.assertIn((80, 443)[1], [vhost["port"] for vhost in httpd.parse_vhosts(text)])
            self.assertEqual(httpd.parse_run_config(text)["user"], "www-data")
            self.assertIn("/etc/modsecurity/modsecurity.conf", httpd.parse_includes(text))
            self.assertTrue(httpd.parse_version(fixture(name, "httpd_v.txt")).startswith("2.4."))

    def test_virtual_hosts_by_name(self):
        vhosts = httpd.parse_vhosts(fixture("debian12", "httpd_dump.txt"))
        self.assertEqual(
            [(one["name"], one["port"], one["aliases"], one["default"]) for one in vhosts[:2]],
            [("prep.example.mx", 80, [], True), ("other", 80, ["www.other", "*.x"], False)],
        )

    def test_form_of_2_4_6(self):
        vhosts = httpd.parse_vhosts(VHOSTS_24_6)
        self.assertEqual(
            [(one["address"], one["port"], one["name"], one["default"]) for one in vhosts],
            [("2001:db8::1", 80, "seis.example", True), ("*", 443, "prep.example.mx", True),
             ("*", 443, "otro.example.mx", False), ("*", "*", "comodin", True)],
        )
        self.assertEqual(vhosts[1]["aliases"], ["www.example.mx", "*.example.mx"])
        self.assertEqual(httpd.mpm(httpd.parse_modules(VHOSTS_24_6)), "prefork")
        self.assertEqual(httpd.parse_includes(VHOSTS_24_6), [])

    def test_broken_configuration_is_a_value(self):
        reader = FakeReader(
            {("httpd", "-v"): (0, "Server version: Apache/2.4.6 (CentOS)\n", ""),
             "httpd": (1, "", "AH00526: Syntax error on line 5 of /etc/httpd/conf.d/a.conf:\nInvalid command 'X'\n")}
        )
        made = item(reader, httpd.collect, OPTIONS)
        self.assertIsNone(made["error"])
        self.assertEqual((made["value"]["syntax_ok"], made["value"]["version"]), (False, "2.4.6"))
        self.assertIn("line 5", made["value"]["syntax_output"])

    def test_silence_is_no_pass(self):
        reader = FakeReader({("httpd", "-v"): (0, "Apache/2.4.6", ""), "httpd": (0, "", "")})
        self.assertIn("lists no module", item(reader, httpd.collect, OPTIONS)["error"])

    def test_absent(self):
        self.assertEqual(item(FakeReader(), httpd.collect, OPTIONS)["value"], httpd.absent())


class Modsecurity(unittest.TestCase):
    WITH_MODULE = VHOSTS_24_6.replace("ssl_module", "security2_module")

    def reader(self, files, dump=WITH_MODULE):
        return FakeReader({"httpd": (0, dump, "")}, files)

    def test_last_server_wide_setting_wins(self):
        made = item(
            self.reader({
                "/etc/httpd/conf.d/mod_security.conf":
                    "<IfModule mod_security2.c>\n SecRuleEngine On\n IncludeOptional x\n</IfModule>\n",
                "/etc/httpd/modsecurity.d/z.conf": "# SecRuleEngine Off\nsecruleengine \"DetectionOnly\"\n",
                "/etc/httpd/conf.d/site.conf":
                    "<VirtualHost *:80>\n<Location /x>\nSecRuleEngine Off\n</Location>\n</VirtualHost>\n",
                "/etc/httpd/modsecurity.d/activated_rules/REQUEST-901-INITIALIZATION.conf":
                    "# OWASP CRS ver.4.10.0\nSecRuleEngine Off\n",
            }),
            modsecurity.collect, OPTIONS,
        )
        self.assertIsNone(made["error"])
        self.assertEqual(made["value"]["engine"], "DetectionOnly")
        self.assertEqual(made["value"]["crs_version"], "4.10.0")
        self.assertEqual(
            made["value"]["overrides"],
            [{"file": "/etc/httpd/conf.d/site.conf", "line": 3, "section": "VirtualHost *:80 / Location /x",
              "engine": "Off"}],
        )

    def test_loaded_and_not_set_is_off(self):
        made = item(self.reader({"/etc/httpd/conf/httpd.conf": "Listen 80\n"}), modsecurity.collect, OPTIONS)
        self.assertEqual((made["value"]["present"], made["value"]["engine"]), (True, "Off"))

    def test_not_loaded(self):
        made = item(self.reader({}, VHOSTS_24_6), modsecurity.collect, OPTIONS)
        self.assertEqual((made["value"]["present"], made["value"]["engine"]), (False, None))

    def test_unknown_when_apache_does_not_start(self):
        reader = FakeReader({"httpd": (1, "", "Syntax error")})
        self.assertIn("does not pass", item(reader, modsecurity.collect, OPTIONS)["error"])

    def test_unreadable_file_is_an_error(self):
        dump = fixture("debian12", "httpd_dump.txt")
        reader = FakeReader({"apache2ctl": (0, dump, ""), "apache2": (0, "", "")})
        self.assertIn("not readable", item(reader, modsecurity.collect, OPTIONS)["error"])

    def test_versions_of_the_rule_set(self):
        for text, expected in (
            ("# OWASP ModSecurity Core Rule Set ver.3.3.4\n", "3.3.4"), ("# OWASP CRS ver.4.10.0", "4.10.0"),
            ("ver:'OWASP_CRS/3.3.0'", "3.3.0"), ("OWASP_CRS/2.2.9", "2.2.9"), ("# nothing", None),
        ):
            self.assertEqual(modsecurity.parse_crs_version(text), expected)


class Fail2ban(unittest.TestCase):
    def test_recorded_answers(self):
        for name in DEBIANS:
            names = fail2ban.parse_jail_list(fixture(name, "fail2ban_status.txt"))
            jails = fail2ban.parse_jails(fixture(name, "fail2ban_jails.txt"))
            self.assertEqual(sorted(jails), sorted(names))
            self.assertEqual(len(jails["apache-badbots"]["watches"]), 2)
            self.assertEqual(jails["apache-auth"]["watches"], ["/var/log/apache2/error.log"])
            self.assertEqual(len(jails["sshd"]["watches"]), 2)
            self.assertIn("_SYSTEMD_UNIT=", jails["sshd"]["watches"][0])
            self.assertEqual(jails["sshd"]["total_failed"], 0)

    def test_two_processes_for_any_number_of_jails(self):
        reader = FakeReader(
            {("fail2ban-client", "status"): (0, fixture("debian12", "fail2ban_status.txt"), ""),
             ("fail2ban-client", "-i"): (0, fixture("debian12", "fail2ban_jails.txt"), "")},
            {"/var/lib/dpkg/status": DPKG, "/var/log/apache2/error.log": "12345"},
        )
        made = item(reader, fail2ban.collect, OPTIONS)
        self.assertIsNone(made["error"])
        self.assertEqual(len(reader.asked), 2)
        self.assertTrue(reader.asked[1][1].endswith("status sshd\nexit\n"))
        self.assertEqual(made["value"]["version"], "1.0.2")
        self.assertEqual(made["value"]["jails"]["apache-auth"]["log_bytes"], {"/var/log/apache2/error.log": 5})
        self.assertEqual(made["value"]["jails"]["sshd"]["log_bytes"], {})

    def test_bans_and_several_journal_matches(self):
        jails = fail2ban.parse_jails(
            "fail2ban> Status for the jail: sshd\n|- Filter\n|  |- Currently failed:\t2\n|  |- Total failed:\t9\n"
            "|  `- Journal matches:\t_SYSTEMD_UNIT=ssh.service + _COMM=sshd + _SYSTEMD_UNIT=sshd.service + _COMM=sshd\n"
            "`- Actions\n   |- Currently banned:\t2\n   |- Total banned:\t3\n"
            "   `- Banned IP list:\t203.0.113.9 2001:db8::9\n"
        )
        self.assertEqual(jails["sshd"]["banned"], ["203.0.113.9", "2001:db8::9"])
        self.assertEqual((jails["sshd"]["total_banned"], jails["sshd"]["total_failed"]), (3, 9))
        self.assertEqual(jails["sshd"]["watches"],
                         ["_SYSTEMD_UNIT=ssh.service", "_COMM=sshd", "_SYSTEMD_UNIT=sshd.service", "_COMM=sshd"])

    def test_stopped_is_a_value_and_deaf_is_an_error(self):
        deaf = (255, "", "Failed to access socket path: /var/run/fail2ban/fail2ban.sock. Is fail2ban running?\n")
        files = {"/var/lib/dpkg/status": DPKG}
        stopped = FakeReader({"fail2ban-client": deaf, "systemctl": (0, units(), "")}, files)
        made = item(stopped, fail2ban.collect, OPTIONS)
        self.assertEqual((made["error"], made["value"]["running"], made["value"]["jails"]), (None, False, {}))
        active = FakeReader({"fail2ban-client": deaf, "systemctl": (0, units(fail2ban="active"), "")}, files)
        self.assertIn("does not answer", item(active, fail2ban.collect, OPTIONS)["error"])

    def test_jail_without_an_answer_is_an_error(self):
        reader = FakeReader(
            {("fail2ban-client", "status"): (0, "`- Jail list:\tsshd, otra\n", ""),
             "fail2ban-client": (0, fixture("debian12", "fail2ban_jails.txt"), "")},
            {"/var/lib/dpkg/status": DPKG},
        )
        self.assertIn("otra", item(reader, fail2ban.collect, OPTIONS)["error"])

    def test_absent(self):
        self.assertFalse(item(FakeReader(), fail2ban.collect, OPTIONS)["value"]["present"])


class Rsync(unittest.TestCase):
    CONFIG = (
        "# c\nUID = prep\nuse chroot = yes\n[incoming]\n path = /srv/prep/incoming\n hosts  allow = 10.0.0.1 \\\n"
        "  10.0.0.2\n ; c\n secrets file = /etc/rsyncd.secrets\n read only = no\n&include /etc/rsyncd.d\n"
        "[global]\nmax connections = 4\n[otro]\npath = /a=b\n"
    )

    def test_versions(self):
        for name, expected in (("debian11", ("3.2.3", 31)), ("debian12", ("3.5.0", 32))):
            self.assertEqual(rsyncd.parse_version(fixture(name, "rsync_version.txt")), expected)
        self.assertEqual(rsyncd.parse_version("rsync  version 3.1.2  protocol version 31\n"), ("3.1.2", 31))
        self.assertEqual(rsyncd.parse_version("rsync  version v3.2.7  protocol version 31\n"), ("3.2.7", 31))

    def test_configuration(self):
        asked = []

        def included(directive, path):
            asked.append((directive, path))
            return ["[extra]\npath = /extra\n"]

        found, modules = rsyncd.parse_config(self.CONFIG, included)
        self.assertEqual(asked, [("include", "/etc/rsyncd.d")])
        self.assertEqual(found, {"uid": "prep", "use chroot": "yes", "max connections": "4"})
        self.assertEqual(sorted(modules), ["extra", "incoming", "otro"])
        self.assertEqual(modules["incoming"]["hosts allow"].split(), ["10.0.0.1", "10.0.0.2"])
        self.assertEqual(modules["otro"], {"path": "/a=b"})

    def test_secrets_are_never_opened(self):
        reader = FakeReader(
            {"rsync": (0, fixture("debian12", "rsync_version.txt"), "")},
            {"/etc/rsyncd.conf": self.CONFIG.replace("&include /etc/rsyncd.d\n", ""),
             "/etc/rsyncd.secrets": AssertionError("opened")},
        )
        made = item(reader, rsyncd.collect, OPTIONS)
        self.assertIsNone(made["error"])
        self.assertEqual(list(made["value"]["secrets_files"]), ["/etc/rsyncd.secrets"])

    def test_files_that_include_each_other_end(self):
        reader = FakeReader(
            {"rsync": (0, fixture("debian12", "rsync_version.txt"), "")},
            {"/etc/rsyncd.conf": "&merge /etc/rsyncd.conf\n"},
        )
        self.assertIn("without end", item(reader, rsyncd.collect, OPTIONS)["error"])

    def test_absent(self):
        value = item(FakeReader(), rsyncd.collect, OPTIONS)["value"]
        self.assertEqual((value["present"], value["modules"]), (False, {}))


class Firewall(unittest.TestCase):
    def manager(self, conf, version, **active):
        reader = FakeReader(
            {"systemctl": (0, units(**active), ""), "rpm": (0, "firewalld\t%s\n" % version, "")},
            {"/etc/firewalld/firewalld.conf": conf},
        )
        made = item(reader, firewall.collect_manager, OPTIONS)
        self.assertIsNone(made["error"])
        return made["value"]

    def test_centos_7_has_no_backend_key(self):
        value = self.manager("# c\nDefaultZone=prep\n", "0.6.3-13.el7_9", firewalld="active")
        self.assertEqual(
            value["firewalld"],
            {"present": True, "active": True, "default_zone": "prep", "backend": "iptables", "version": "0.6.3"},
        )

    def test_others(self):
        value = self.manager("FirewallBackend=nftables\n", "1.3.3-1", nftables="active", netfilter_persistent="active")
        self.assertEqual(value["others_active"], ["nftables", "iptables-persistent"])
        self.assertFalse(value["firewalld"]["present"])

    def test_nft(self):
        made = item(FakeReader({"nft": (0, json.dumps({"nftables": []}), "")}), firewall.collect_nft, OPTIONS)
        self.assertEqual(made["value"], {"present": True, "ruleset": []})
        self.assertEqual(item(FakeReader(), firewall.collect_nft, OPTIONS)["value"], {"present": False, "ruleset": []})
        for answer in ((0, "", ""), (0, "{}", ""), (0, '{"nftables": 1}', ""), (1, "", "denied")):
            self.assertIsNotNone(item(FakeReader({"nft": answer}), firewall.collect_nft, OPTIONS)["error"])

    def test_iptables_where_there_is_no_nft(self):
        reader = FakeReader({"iptables-save": (0, "*filter\n", ""), "ip6tables-save": (0, "*six\n", "")})
        self.assertEqual(
            item(reader, firewall.collect_iptables, OPTIONS)["value"],
            {"v4": "*filter\n", "v6": "*six\n", "variant": "iptables"},
        )

    def test_old_tables_beside_nft(self):
        reader = FakeReader(
            {"nft": (0, '{"nftables": []}', ""), "iptables-legacy-save": (0, "*filter\n", "")},
            {"/proc/net/ip_tables_names": "filter\n", "/proc/net/ip6_tables_names": ""},
        )
        self.assertEqual(
            item(reader, firewall.collect_iptables, OPTIONS)["value"],
            {"v4": "*filter\n", "v6": None, "variant": "legacy"},
        )

    def test_opaque_rules_are_told_by_iptables(self):
        opaque = {"nftables": [{"rule": {"expr": [{"xt": {"type": "match", "name": "x"}}]}}]}
        reader = FakeReader(
            {"nft": (0, json.dumps(opaque), ""), "iptables-save": (0, "four", ""), "ip6tables-save": (0, "six", "")}
        )
        self.assertEqual(
            item(reader, firewall.collect_iptables, OPTIONS)["value"],
            {"v4": "four", "v6": "six", "variant": "nf_tables"},
        )


class Versions(unittest.TestCase):
    def test_openssl(self):
        self.assertEqual(versions.parse_openssl("OpenSSL 1.0.2k-fips  26 Jan 2017\n"), "1.0.2k")
        self.assertEqual(versions.parse_systemd("systemd 219\n+PAM +AUDIT +SELINUX\n"), "219")
        self.assertEqual(versions.parse_systemd("systemd 257 (257.13-1~deb13u1)\n+PAM\n"), "257")
        self.assertEqual(versions.parse_systemd(""), "")
        self.assertTrue(versions.parse_openssl(fixture("debian13", "openssl_version.txt")).startswith("3.5."))

    def test_dpkg_and_absent_ones(self):
        query = versions.DPKG_QUERY + ("firewalld", "libapache2-mod-security2", "mod_security")
        answer = "firewalld\t1.3.3-1~deb12u2\tinstalled\nlibapache2-mod-security2\t2.9.7-1\tconfig-files\n"
        reader = FakeReader({query: (1, answer, "dpkg-query: no packages found matching mod_security\n")})
        self.assertEqual(
            versions.find(Look(reader), ["firewalld", "modsecurity", "httpd", "sshd"]),
            {"firewalld": "1.3.3", "modsecurity": "", "httpd": "", "sshd": ""},
        )

    def test_rpm(self):
        answer = "package firewalld is not installed\nmod_security\t2.9.2-1.el7\tinstalled\n"
        reader = FakeReader({"rpm": (1, answer, "")})
        self.assertEqual(
            versions.find(Look(reader), ["firewalld", "modsecurity"]), {"firewalld": "", "modsecurity": "2.9.2"}
        )

    def test_a_program_that_does_not_tell_is_an_error(self):
        reader = FakeReader({"openssl": (127, "", "error while loading shared libraries\n")})
        self.assertRaises(SourceError, versions.find, Look(reader), ["openssl"])


if __name__ == "__main__":
    unittest.main()
