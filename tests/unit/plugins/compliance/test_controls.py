# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Each control: met on a converged host, not met after one mutation, never met without its evidence."""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import copy
import unittest

import compliance_fixtures as fixtures
from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import CHECKS, evaluate

# Attested ones: no evidence is the best that a machine can find.
NEVER_PASS = ("ddos.provider", "bandwidth.sufficient")


class Case(object):
    """A converged host that a mutation may spoil."""

    def __init__(self):
        self.evidence = fixtures.evidence()
        self.probes = fixtures.probes()
        self.context = fixtures.context()

    def value(self, key):
        return self.evidence["items"][key]["value"]

    def seen(self, key, vantage=None):
        """Values of a probe item, of all vantage points or of one."""
        return [
            probe["items"][key]["value"]
            for probe in self.probes
            if key in probe["items"] and vantage in (None, probe["vantage"])
        ]

    def judge(self, slug):
        return evaluate(slug, self.evidence, self.probes, self.context)


def rule_first(case, where, *expressions):
    rule = {"family": "inet", "table": "firewalld", "chain": where, "expr": list(expressions)}
    case.value("firewall.nft")["ruleset"].insert(0, {"rule": rule})


def port(number):
    left = {"payload": {"protocol": "tcp", "field": "dport"}}
    return {"match": {"op": "==", "left": left, "right": number}}


def listen(case, number, process, address="0.0.0.0", proto="tcp"):
    case.value("sockets.listening").append(
        {"proto": proto, "family": 4, "address": address, "port": number, "process": process, "pid": 9, "user": "x"}
    )


def drop_sockets(case, number):
    sockets = case.value("sockets.listening")
    sockets[:] = [one for one in sockets if one["port"] != number]


def each(key, **changes):
    """A mutation: update what every vantage point saw."""

    def spoil(case):
        for value in case.seen(key):
            value.update(copy.deepcopy(changes))

    return spoil


def headers(key, **changes):
    """A mutation: replace headers; None removes one."""

    def spoil(case):
        for value in case.seen(key):
            for name, content in changes.items():
                name = name.replace("_", "-")
                if content is None:
                    value["headers"].pop(name, None)
                else:
                    value["headers"][name] = content

    return spoil


def host(key, **changes):
    """A mutation: update a value read on the server."""

    def spoil(case):
        case.value(key).update(copy.deepcopy(changes))

    return spoil


def jails(prefix):
    def spoil(case):
        found = case.value("fail2ban")["jails"]
        for name in [one for one in found if one.startswith(prefix)]:
            del found[name]

    return spoil


def module_option(**changes):
    def spoil(case):
        for name, content in changes.items():
            case.value("rsync")["modules"]["prep"][name.replace("_", " ")] = content

    return spoil


def unit(name, **changes):
    return lambda case: case.value("services")[name].update(changes)


def vhost(case):
    found = case.value("httpd")["vhosts"]
    found.append(dict(found[0], name="tienda.example"))


def account(case):
    case.value("users").append(
        {"name": "ventas", "uid": 1001, "shell": "/bin/bash", "home": "/", "password": "hash", "login": True}
    )


def declared(key, path, content):
    def spoil(case):
        holder = case.context[key]
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = content

    return spoil


# slug: mutations that must each turn it to fail
FAILURES = {
    "publication.zero_state": [host("publication", target=None), host("publication", index_sha256=None),
                               host("publication", target="cuts/20220605_2015")],
    "time.zone_data": [host("time.zone", offset_2027="-0500")],
    "access.no_auth": [each("https.root", status=401, auth=True), each("http.root", status=503),
                       each("http.root", redirects=[{"status": 302, "location": "https://pago.example/"}])],
    "publication.unmodified": [each("http.root", body_sha256="00"), each("https.root", body_sha256="00")],
    "documents.expression_of_interest": [
        declared("documents", ["expression_of_interest", "date"], "2022-05-21")],
    "documents.commitment": [declared("documents", ["commitment", "date"], "2022-05-28")],
    "documents.logo": [declared("documents", ["logo", "date"], "2022-05-28")],
    "services.enabled": [unit("apache2", active="failed"), unit("rsync", enabled="disabled")],
    "embedding.framing": [headers("https.root", x_frame_options=["SAMEORIGIN"]),
                          headers("http.root", content_security_policy=["frame-ancestors 'self'"]),
                          headers("https.root", content_security_policy=["frame-ancestors *",
                                                                         "frame-ancestors 'none'"])],
    "rsync.restricted": [module_option(hosts_allow="*"), module_option(hosts_allow=""),
                         module_option(hosts_allow="203.0.113.0/24"), module_option(auth_users="")],
    "rsync.write_only": [module_option(write_only="no"), module_option(uid="root"), module_option(list="yes"),
                         module_option(use_chroot="no"), module_option(read_only="yes")],
    "time.synchronized": [host("time.sync", synchronized=False), host("time.sync", offset_s=3.5),
                          host("time.sync", active=False)],
    "time.seen_outside": [headers("http.root", date=["Tue, 24 Nov 2026 04:05:02 GMT"])],
    "freshness.cache": [headers("http.root", cache_control=["public, max-age=3600"]),
                        headers("https.root", cache_control=None),
                        headers("https.root", cache_control=["max-age=10, s-maxage=600"])],
    "system.supported": [host("os.release", id="debian", version_id="12", pretty="Debian 12")],
    "system.maintained": [host("os.release", id="debian", version_id="11", pretty="Debian 11")],
    "apache.answers": [lambda case: drop_sockets(case, 443), lambda case: listen(case, 80, "nginx"),
                       host("httpd", present=False, version="")],
    "apache.syntax": [host("httpd", syntax_ok=False, syntax_output="AH00526: Syntax error on line 3")],
    "apache.trace": [each("http.trace", status=200, echoed=True)],
    "rsync.answers": [lambda case: drop_sockets(case, 873), host("rsync", present=False)],
    "sshd.active": [lambda case: drop_sockets(case, 22)],
    "sshd.root_password": [
        lambda case: case.value("sshd.effective")["outside"].update(permitrootlogin="yes"),
        lambda case: case.value("sshd.effective")["allowed"].update(
            permitrootlogin="yes", passwordauthentication="no", kbdinteractiveauthentication="yes")],
    "access.root": [lambda case: case.evidence["collector"].update(euid=1000),
                    lambda case: case.value("ssh.authorized").update(root=[])],
    "accounts.passwords": [lambda case: case.value("users")[0].update(password="empty"),
                           lambda case: case.value("users")[1].update(uid=0)],
    "firewall.active": [unit("firewalld", active="inactive"), unit("firewalld", enabled="disabled"),
                        host("firewall.manager", others_active=["ufw"])],
    "firewall.public_ports": [
        lambda case: rule_first(case, "filter_IN_prep_pre", port(443), {"drop": None}),
        each("tcp.80", state="timeout")],
    "firewall.restricted_ports": [
        lambda case: rule_first(case, "filter_IN_prep_allow", port(873), {"accept": None}),
        lambda case: rule_first(case, "filter_INPUT_ZONES", {"accept": None}),
        # A source zone that lets one foreign network in, found because the rule names it.
        lambda case: rule_first(case, "filter_INPUT_ZONES", {"match": {
            "op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}},
            "right": {"prefix": {"addr": "198.18.0.0", "len": 24}}}}, {"accept": None}),
        host("firewall.nft", ruleset=[]),
        each("tcp.873", state="open")],
    "firewall.allowed_sources": [
        lambda case: rule_first(case, "filter_IN_prep_pre", port(22), {"drop": None}),
        lambda case: case.context["allowed_sources"].append("203.0.113.99")],
    "firewall.other_ports": [lambda case: rule_first(case, "filter_IN_prep_allow", port(3306), {"accept": None})],
    "tls.certificate": [each("https.certificate", sans=["DNS:otro.example"]),
                        each("https.certificate", not_after="2026-11-23T00:00:00Z"),
                        each("https.certificate", protocol="TLSv1.1")],
    "tls.trusted": [each("https.certificate", self_signed=True), each("https.certificate", chain_ok=False),
                    each("https.certificate", not_after="2026-12-20T00:00:00Z")],
    "ids.fail2ban_active": [host("fail2ban", running=False, jails={}), host("fail2ban", present=False),
                            unit("fail2ban", enabled="disabled")],
    "ids.sshd_jail": [jails("sshd"), host("fail2ban", running=False, jails={})],
    "ids.apache_jails": [
        jails("apache"),
        lambda case: case.value("fail2ban")["jails"]["apache-auth"]["log_bytes"].update(
            {"/var/log/apache2/prep_error.log": None})],
    "waf.blocking": [host("modsecurity", engine="DetectionOnly"), host("modsecurity", crs_version=None),
                     host("modsecurity", present=False),
                     host("modsecurity", overrides=[{"section": "VirtualHost *:80", "engine": "Off"}])],
    "waf.effective": [each("http.attack", status=200)],
    "ddos.timeouts": [host("httpd", modules=["ssl_module"])],
    "ddos.event_mpm": [host("httpd", mpm="prefork")],
    "dedicated.databases": [
        lambda case: case.value("packages")["installed"].update({"mariadb-server": "1:10.11"}),
        lambda case: case.value("packages")["installed"].update({"postgresql-15": "15.8"}),
        lambda case: case.value("processes").append({"comm": "mysqld", "user": "mysql", "count": 1}),
        unit("mariadb", active="active")],
    "dedicated.services": [lambda case: listen(case, 25, "master"),
                           lambda case: listen(case, 53, "named", proto="udp")],
    "dedicated.containers": [host("containers", running=2), host("containers", engines=["docker"])],
    "dedicated.vhosts": [vhost, host("httpd", vhosts=[])],
    "dedicated.crons": [
        lambda case: case.value("crons").append(
            {"file": "/var/spool/cron/crontabs/juan", "user": "juan", "line": "x"}),
        lambda case: case.value("crons").append({"file": "/etc/crontab", "user": "root", "line": "* * * * * root /x"})],
    "dedicated.accounts": [account],
    "contacts.stages": [declared("contacts", ["drills", "phone"], " "), declared("contacts", ["election"], None)],
    "logs.retained": [lambda case: case.value("logs.policy")["files"][0].update(rotate=7),
                      lambda case: case.value("logs.policy")["files"][0].update(maxage=3),
                      lambda case: case.value("logs.policy")["files"].pop(0)],
    "logs.disk_space": [lambda case: case.value("disk")["/var/log"].update(free_mb=10)],
}  # fmt: skip


class Controls(unittest.TestCase):
    def test_every_control_of_the_call_has_a_check_and_the_other_way_round(self):
        self.assertEqual(sorted(one["slug"] for one in fixtures.call()["controls"]), sorted(CHECKS))

    def test_a_converged_host_meets_every_control(self):
        case = Case()
        for slug in sorted(CHECKS):
            result, found, expected, cites = case.judge(slug)
            if slug in NEVER_PASS:
                self.assertEqual((slug, result), (slug, "no_evidence"))
                continue
            self.assertEqual((slug, result), (slug, "pass"), found)
            self.assertTrue(found and expected, slug)
            self.assertTrue(cites, slug)

    def test_every_control_has_a_failure(self):
        without = set(CHECKS) - set(FAILURES) - set(NEVER_PASS)
        # These three can only be seen or not be seen: the worst that a machine can find is nothing.
        self.assertEqual(without, set(["redundancy.network", "redundancy.power", "cdn.used"]))

    def test_failures(self):
        for slug in sorted(FAILURES):
            for number, spoil in enumerate(FAILURES[slug]):
                case = Case()
                spoil(case)
                result, found, _expected, cites = case.judge(slug)
                self.assertEqual((slug, number, result), (slug, number, "fail"), found)
                self.assertTrue(found, slug)
                self.assertTrue(cites or slug == "contacts.stages", slug)

    def test_what_only_people_can_say_waits_for_them(self):
        case = Case()
        case.value("ups").update(present=False)
        case.value("network")["default_routes"].pop()
        headers("https.root", x_cache=None)(case)
        for slug in ("redundancy.network", "redundancy.power", "cdn.used"):
            self.assertEqual((slug, case.judge(slug)[0]), (slug, "no_evidence"))


class Deletion(unittest.TestCase):
    """Nothing that is missing, broken or garbled may count as met."""

    def cites_of(self, slug):
        return [(cite["key"], cite.get("vantage")) for cite in Case().judge(slug)[3]]

    def without(self, slug, key, vantage, change):
        case = Case()
        if vantage is None:
            if key not in case.evidence["items"]:
                return None  # from the inventory
            change(case.evidence["items"], key)
        else:
            for probe in case.probes:
                if probe["vantage"] == vantage:
                    change(probe["items"], key)
        return case.judge(slug)[0]

    def check(self, change, expected):
        for slug in sorted(CHECKS):
            for key, vantage in self.cites_of(slug):
                result = self.without(slug, key, vantage, change)
                if result is not None:
                    self.assertIn(result, expected, "%s without %s (%s)" % (slug, key, vantage))

    def test_a_missing_item_is_no_evidence(self):
        self.check(lambda items, key: items.pop(key), ("no_evidence",))

    def test_an_item_without_a_value(self):
        self.check(lambda items, key: items[key].update(value=None), ("no_evidence", "error"))

    def test_an_item_with_an_error_is_an_error(self):
        self.check(lambda items, key: items[key].update(value=None, error="rc 1"), ("error",))

    def test_an_item_that_was_cut_off_is_an_error(self):
        def cut(items, key):
            items[key]["truncated"] = True

        for slug in sorted(CHECKS):
            for key, vantage in self.cites_of(slug):
                if vantage is None and key in Case().evidence["items"]:
                    self.assertEqual((slug, self.without(slug, key, vantage, cut)), (slug, "error"))

    def test_garbage_of_any_shape_never_passes(self):
        for garbage in ([], {}, "", "x", 0, 7, True, [None], [[]], [{}], {"x": 1}, ["x"], "\x00", "\u202e"):

            def spoil(items, key, garbage=garbage):
                items[key]["value"] = garbage

            for slug in sorted(CHECKS):
                for key, vantage in self.cites_of(slug):
                    result = self.without(slug, key, vantage, spoil)
                    if result == "pass" and (slug, key) not in (
                        # An empty list is a true answer there: nobody's cron jobs, nothing else installed.
                        ("dedicated.crons", "crons"),
                        ("dedicated.accounts", "ssh.authorized"),
                        # Any kernel whose name doesn't speak of 32 bits.
                        ("system.supported", "os.kernel"),
                    ):
                        self.fail("%s passes with %s = %r" % (slug, key, garbage))

    def test_nothing_at_all(self):
        case = Case()
        for evidence, probes in ((None, []), ({}, None), ({"items": None}, [None, {}, {"items": []}])):
            for slug in sorted(CHECKS):
                if slug.startswith(("documents.", "contacts.")):
                    continue
                result, found, _expected, _cites = evaluate(slug, evidence, probes, case.context)
                self.assertEqual((slug, result), (slug, "no_evidence"), found)

    def test_without_declarations_nothing_is_on_file(self):
        case = Case()
        case.context.update(documents=None, contacts=None)
        for slug in sorted(CHECKS):
            if slug.startswith(("documents.", "contacts.")):
                self.assertEqual((slug, case.judge(slug)[0]), (slug, "no_evidence"))

    def test_without_a_stranger_nobody_saw_the_closed_ports(self):
        case = Case()
        case.probes = [one for one in case.probes if one["allowed"]]
        self.assertEqual(case.judge("firewall.restricted_ports")[0], "no_evidence")
        self.assertEqual(case.judge("firewall.public_ports")[0], "pass")

    def test_a_rule_that_cannot_be_read_is_an_error(self):
        case = Case()
        rule_first(case, "filter_IN_prep_pre", {"brand new": 1}, {"accept": None})
        self.assertEqual(case.judge("firewall.restricted_ports")[0], "error")
        self.assertEqual(case.judge("firewall.public_ports")[0], "pass")

    def test_evaluation_changes_none_of_its_arguments(self):
        case = Case()
        before = copy.deepcopy((case.evidence, case.probes, case.context))
        for slug in CHECKS:
            case.judge(slug)
        self.assertEqual(before, (case.evidence, case.probes, case.context))


if __name__ == "__main__":
    unittest.main()
