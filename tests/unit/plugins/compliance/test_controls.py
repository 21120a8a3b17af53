# -*- coding: utf-8 -*-
# Copyright: (c) 2026, iepc.prep contributors
# SPDX-License-Identifier: Apache-2.0
"""Each control: met on a converged host, not met after one mutation, never met without its evidence.

tests/checks/control_fixtures.py asks `lacking` of every control of every call.
"""

from __future__ import absolute_import, division, print_function, unicode_literals

__metaclass__ = type

import copy
import unittest

import compliance_fixtures as fixtures
from ansible_collections.iepc.prep.plugins.module_utils import end_of_life
from ansible_collections.iepc.prep.plugins.module_utils.controls.registry import CHECKS, evaluate

KEPT = {}
SLUGS = sorted(one["slug"] for one in fixtures.call()["controls"])
# By statement alone: no evidence is the best that a machine can find.
NEVER_PASS = ("ddos.provider", "bandwidth.sufficient")
# They can only be seen or not be seen: the worst that a machine can find is nothing.
NEVER_FAIL = ("cdn.used",)


def setUpModule():
    """The converged host is a CentOS 7: as if it were still maintained."""
    KEPT.update(end_of_life.DATES)
    end_of_life.DATES["centos", "7"] = ("2030-06-30", "a test")


def tearDownModule():
    end_of_life.DATES.update(KEPT)


class Case(object):
    """A converged host that a mutation may spoil.

    :arg slug: a control that is only asked of hosts that declare something: it declares that
    """

    def __init__(self, slug=None):
        self.evidence = fixtures.evidence()
        self.probes = fixtures.probes()
        self.context = fixtures.context()
        PREPARED.get(slug, lambda case: None)(self)

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
        {"proto": proto, "family": 4, "address": address, "port": number, "process": process, "pid": 9, "user": "x",
         "unit": process + ".service", "exe": None}
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


def package(version):
    return lambda case: case.value("packages")["installed"].update(rsync=version)


def unit(name, **changes):
    return lambda case: case.value("services")[name].update(changes)


def one_more_unit(name, **state):
    return lambda case: case.value("services").update({name: dict(state, load="loaded")})


def runs(name, **changes):
    """A mutation: one more unit runs."""

    def spoil(case):
        one = {"unit": name, "active": "active", "sub": "running", "enabled": "enabled", "pid": 9,
               "file": "/usr/lib/systemd/system/" + name, "triggered_by": [], "listens": []}
        case.value("units").append(dict(one, **changes))

    return spoil


def bond_alone(case):
    """The bond that carries the only way out has lost a leg."""
    case.value("network")["default_routes"].pop()
    case.value("network")["bonds"].append(
        {"name": "bond0", "mode": "fault-tolerance (active-backup)", "active": "eth0",
         "members": [{"dev": "eth0", "up": True}, {"dev": "eth1", "up": False}]})


def supply(**changes):
    """A mutation: what the UPS says."""
    return lambda case: case.value("ups")["supplies"][0].update(changes)


def container(case):
    case.value("containers").update(
        running=1, containers=[{"engine": "docker", "id": "ab" * 32, "name": "tienda", "image": "wordpress:6"}])


def not_loaded(daemon):
    """A mutation: a file of a daemon's changed after it had read it."""
    return lambda case: case.value("config.loaded")[daemon].update(changed=["/etc/a.conf"])


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


def own_presentation(case):
    """The outlet shows results in a format of its own, with leave."""
    case.context["outlet"]["own_presentation"] = True
    case.context["documents"]["own_presentation"] = {"date": "2022-06-01"}


def document_file(slug, **changes):
    """A mutation: the document's file isn't what was recorded."""

    def spoil(case):
        case.context["documents"][slug].update(
            dict({"file": "x.pdf", "sha256": "ab" * 32, "seen": {"sha256": "ab" * 32}}, **changes))

    return spoil


def late(slug, date):
    """Mutations of a document: after its deadline, of tomorrow, its file gone, its file another one."""
    dates = [declared("documents", [slug, "date"], one) for one in (date, "2030-01-01")]
    return dates + [document_file(slug, seen={"reason": "No such file or directory"}),
                    document_file(slug, seen={"sha256": "cd" * 32})]


def at(now, **state):
    """A mutation: the report is of another hour, and the publication of another state."""

    def spoil(case):
        case.context["now"] = now
        case.value("publication")["state"].update(state)

    return spoil


def cut(identifier, *clocks):
    """A mutation: every vantage point sees a cut, and a page with these hours."""

    def spoil(case):
        for value in case.seen("https.status"):
            value["document"].update(state="cut", cut={"id": identifier})
        for value in case.seen("https.root"):
            value["clocks"] = list(clocks)

    return spoil


def during(*spoils):
    """Mutations together, in an hour of the publication."""

    def spoil(case):
        case.context["now"] = "2022-06-06T02:30:00Z"  # 21:30 in Durango
        for one in spoils:
            one(case)

    return spoil


# slug: what a host must declare for it to be asked
PREPARED = {"documents.own_presentation": own_presentation, "freshness.latest": during(cut("20220605_2116", "21:16"))}

# slug: mutations that must each turn it to fail
FAILURES = {
    "publication.zero_state": [host("publication", target=None), host("publication", index_sha256=None),
                               host("publication", target="cuts/20220605_2015")],
    "time.zone_data": [host("time.zone", offset_2027="-0500")],
    "access.no_auth": [each("https.root", status=401, auth=True), each("http.root", status=503),
                       each("http.root", redirects=[{"status": 302, "location": "https://pago.example/"}]),
                       each("https.root", walls=["password"]), each("https.root", walls=["payment"]),
                       each("http.root", walls=["refresh"])],
    "publication.unmodified": [
        each("http.root", body_sha256="00"), each("https.root", body_sha256="00"),
        # Altered on the server: what readers get is what is there, but nobody activated it.
        lambda case: case.value("publication")["state"].update(index_sha256="00")],
    "freshness.cut_shown": [cut("20220605_2116", "21:01")],
    "freshness.latest": [cut("20220605_2106", "21:06"), cut("20220605_2132", "21:32"),
                         each("https.status", document={"state": "zero"})],
    "publication.window": [at("2022-06-06T00:59:59Z", state="cut"), at("2022-06-06T01:00:00Z", state="zero"),
                           at("2022-06-06T12:00:00Z", state="cut", drill=True)],
    "bandwidth.compression": [each("https.compressed", encoding=""), each("https.compressed", vary=""),
                              each("https.compressed", same=False), each("https.compressed", same=None)],
    "documents.expression_of_interest": late("expression_of_interest", "2022-05-21"),
    "documents.commitment": late("commitment", "2022-05-28"),
    "documents.logo": late("logo", "2022-05-28"),
    "documents.infrastructure": late("infrastructure", "2022-05-28"),
    "documents.own_presentation": late("own_presentation", "2022-06-06"),
    "documents.memory": late("memory", "2030-01-01"),
    "services.enabled": [unit("apache2", active="failed"), unit("rsync", enabled="disabled"),
                         one_more_unit("prep-activator.path", active="inactive", enabled="enabled"),
                         one_more_unit("prep-activator.timer", active="active", enabled="disabled")],
    "embedding.framing": [headers("https.root", x_frame_options=["SAMEORIGIN"]),
                          headers("http.root", content_security_policy=["frame-ancestors 'self'"]),
                          headers("https.root", content_security_policy=["frame-ancestors *",
                                                                         "frame-ancestors 'none'"])],
    "rsync.restricted": [module_option(hosts_allow="*"), module_option(hosts_allow="", hosts_deny=""),
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
    "apache.syntax": [host("httpd", syntax_ok=False, syntax_output="AH00526: Syntax error on line 3"),
                      not_loaded("apache")],
    "apache.trace": [each("http.trace", status=200, echoed=True)],
    "rsync.answers": [lambda case: drop_sockets(case, 873), host("rsync", present=False)],
    "rsync.patched": [package("3.1.2-12.el7_9"), package("3.4.1-2.el7")],
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
        lambda case: case.context["allowed_sources"].append("203.0.113.99"),
        lambda case: case.seen("tcp.873", "control")[0].update(state="timeout"),
        lambda case: case.seen("tcp.22", "control")[0].update(state="unreachable")],
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
            {"/var/log/apache2/prep_error.log": None}),
        # Of two logs the one that grows is gone.
        lambda case: case.value("fail2ban")["jails"]["apache-auth"].update(
            watches=["/var/log/apache2/error.log", "/var/log/apache2/prep_error.log"],
            log_bytes={"/var/log/apache2/error.log": 0, "/var/log/apache2/prep_error.log": None}),
        lambda case: case.value("fail2ban")["jails"]["apache-auth"].update(watches=[])],
    "waf.blocking": [host("modsecurity", engine="DetectionOnly"), host("modsecurity", crs_version=None),
                     host("modsecurity", present=False),
                     host("modsecurity", overrides=[{"section": "VirtualHost *:80", "engine": "Off"}])],
    "waf.effective": [each("http.attack", status=200)],
    "ddos.timeouts": [host("httpd", modules=["ssl_module"])],
    "ddos.event_mpm": [host("httpd", mpm="prefork")],
    "redundancy.network": [bond_alone],
    "redundancy.power": [
        supply(status="OB DISCHRG", on_line=False, faults=["battery"]), supply(faults=["low"]),
        supply(faults=["replace"]), supply(status="ALARM", on_line=False)],
    "dedicated.databases": [
        lambda case: case.value("packages")["installed"].update({"mariadb-server": "1:10.11"}),
        lambda case: case.value("packages")["installed"].update({"postgresql-15": "15.8"}),
        lambda case: case.value("processes").append({"comm": "mysqld", "user": "mysql", "count": 1, "unit": None}),
        runs("mariadb.service")],
    "dedicated.services": [lambda case: listen(case, 25, "master"),
                           lambda case: listen(case, 53, "named", proto="udp"),
                           runs("cups.socket", sub="listening"), runs("nginx.service")],
    "dedicated.containers": [container, host("containers", engines=["docker"]), runs("docker.socket")],
    "dedicated.vhosts": [vhost, host("httpd", vhosts=[])],
    "dedicated.crons": [
        lambda case: case.value("crons").append(
            {"file": "/var/spool/cron/crontabs/juan", "user": "juan", "line": "x"}),
        lambda case: case.value("crons").append({"file": "/etc/crontab", "user": "root", "line": "* * * * * root /x"}),
        lambda case: case.value("owners").update({"/etc/cron.daily/logrotate": None})],
    "dedicated.accounts": [account],
    "contacts.stages": [declared("contacts", ["drills", "phone"], " "), declared("contacts", ["election"], None),
                        declared("contacts", ["drills", "phone"], "555"),
                        declared("contacts", ["list", "email"], "l@x"),
                        declared("contacts", ["list", "email"], "l@x.example\n")],
    "logs.retained": [lambda case: case.value("logs.policy")["files"][0].update(rotate=7),
                      lambda case: case.value("logs.policy")["files"][0].update(maxage=3),
                      lambda case: case.value("logs.policy")["files"].pop(0),
                      # A second file for the same logs before ours: logrotate skips ours.
                      lambda case: case.value("logs.policy")["files"].insert(0, dict(
                          case.value("logs.policy")["files"][0],
                          config="/etc/logrotate.d/a", pattern="/var/log/apache2/error.log")),
                      lambda case: case.value("logs.cleaners").append(
                          {"file": "/etc/tmpfiles.d/x.conf", "path": "/var/log/apache2", "age": "3d"})],
    "logs.disk_space": [lambda case: case.value("disk")["/var/log"].update(free_mb=10),
                        lambda case: case.value("disk")["/srv/prep"].update(free_mb=10),
                        lambda case: case.context.update(log_retention={"log_retention_days": 4000})],
}  # fmt: skip


def lacking(slug):
    """What the fixtures don't show of a control: a line for each state that it can have and never has here."""
    if slug in NEVER_PASS:
        return [] if Case().judge(slug)[0] == "no_evidence" else ["%s: is judged without a statement" % slug]
    told = []
    if Case(slug).judge(slug)[0] != "pass":
        told.append("%s: no fixture on which it passes" % slug)
    if slug not in NEVER_FAIL and not FAILURES.get(slug):
        told.append("%s: no mutation in FAILURES that turns it to fail" % slug)
    for number, spoil in enumerate(FAILURES.get(slug, ())):
        case = Case(slug)
        spoil(case)
        if case.judge(slug)[0] != "fail":
            told.append("%s: mutation %d does not turn it to fail" % (slug, number))
    keys = cites_of(slug)
    if not keys:
        told.append("%s: cites no evidence, so none can be taken away" % slug)
    for key, vantage in keys:
        result = without(slug, key, vantage, lambda items, name: items.pop(name))
        if result != "no_evidence":
            told.append("%s: without %s it is %s, expected no_evidence" % (slug, key, result))
    return told


def cites_of(slug):
    """[(key, vantage or None)] of the evidence that a control's pass rests on."""
    return [(cite["key"], cite.get("vantage")) for cite in Case(slug).judge(slug)[3]]


def without(slug, key, vantage, change):
    """The result after ``change(items, key)`` where that piece of evidence is kept."""
    case = Case(slug)
    if key.startswith("prep_"):
        # From the inventory: prep_contacts, or prep_documents.NAME.
        name, _dot, part = key[len("prep_"):].partition(".")
        change(*((case.context[name], part) if part else (case.context, name)))
        return case.judge(slug)[0]
    if vantage is None:
        change(case.evidence["items"], key)
    for probe in case.probes:
        if vantage is not None and probe["vantage"] == vantage:
            change(probe["items"], key)
    return case.judge(slug)[0]


class Controls(unittest.TestCase):
    def test_what_needs_code_has_it_and_no_code_is_left_over(self):
        needing = [slug for slug in SLUGS if not slug.startswith("documents.") and slug not in NEVER_PASS]
        self.assertEqual(needing, sorted(CHECKS))

    def test_every_state_of_every_control_is_shown(self):
        for slug in SLUGS:
            self.assertEqual(lacking(slug), [])

    def test_a_control_without_fixtures_is_found(self):
        kept = FAILURES.pop("ddos.event_mpm")
        try:
            self.assertEqual(
                lacking("ddos.event_mpm"), ["ddos.event_mpm: no mutation in FAILURES that turns it to fail"])
        finally:
            FAILURES["ddos.event_mpm"] = kept

    def test_a_converged_host_meets_every_control(self):
        for slug in SLUGS:
            case = Case(slug)
            result, found, expected, cites = case.judge(slug)
            if slug in NEVER_PASS:
                self.assertEqual((slug, result), (slug, "no_evidence"))
                continue
            self.assertEqual((slug, result), (slug, "pass"), found)
            self.assertTrue(found and expected, slug)
            self.assertTrue(cites, slug)

    def test_failures(self):
        for slug in sorted(FAILURES):
            for number, spoil in enumerate(FAILURES[slug]):
                case = Case(slug)
                spoil(case)
                result, found, _expected, cites = case.judge(slug)
                self.assertEqual((slug, number, result), (slug, number, "fail"), found)
                self.assertTrue(found, slug)
                self.assertTrue(cites or slug == "contacts.stages", slug)

    def test_what_a_daemon_has_not_read_is_not_what_it_applies(self):
        case = Case()
        not_loaded("sshd")(case)
        result, found, _expected, _cites = case.judge("sshd.root_password")
        self.assertEqual(result, "error")
        self.assertIn("/etc/a.conf", found)
        case.value("config.loaded")["sshd"]["loaded"] = None
        self.assertEqual(case.judge("sshd.root_password")[0], "error")
        # A sshd that a socket starts reads its files each time.
        case.value("config.loaded")["sshd"] = None
        self.assertEqual(case.judge("sshd.root_password")[0], "pass")

    def test_what_only_people_can_say_waits_for_them(self):
        case = Case()
        case.value("ups").update(present=False)
        case.value("network")["default_routes"].pop()
        headers("https.root", x_cache=None)(case)
        for slug in ("redundancy.network", "redundancy.power", "cdn.used"):
            self.assertEqual((slug, case.judge(slug)[0]), (slug, "no_evidence"))


class Deletion(unittest.TestCase):
    """Nothing that is missing, broken or garbled may count as met."""

    def check(self, change, expected):
        for slug in sorted(CHECKS):
            for key, vantage in cites_of(slug):
                if not key.startswith("prep_"):
                    result = without(slug, key, vantage, change)
                    self.assertIn(result, expected, "%s without %s (%s)" % (slug, key, vantage))

    def test_an_item_without_a_value(self):
        self.check(lambda items, key: items[key].update(value=None), ("no_evidence", "error"))

    def test_an_item_with_an_error_is_an_error(self):
        self.check(lambda items, key: items[key].update(value=None, error="rc 1"), ("error",))

    def test_an_item_that_was_cut_off_is_an_error(self):
        def cut(items, key):
            items[key]["truncated"] = True

        for slug in sorted(CHECKS):
            for key, vantage in cites_of(slug):
                if vantage is None and key in Case().evidence["items"]:
                    self.assertEqual((slug, without(slug, key, vantage, cut)), (slug, "error"))

    def test_garbage_of_any_shape_never_passes(self):
        for garbage in ([], {}, "", "x", 0, 7, True, [None], [[]], [{}], {"x": 1}, ["x"], "\x00", "\u202e"):

            def spoil(items, key, garbage=garbage):
                items[key]["value"] = garbage

            for slug in sorted(CHECKS):
                for key, vantage in cites_of(slug):
                    if key.startswith("prep_"):
                        continue
                    result = without(slug, key, vantage, spoil)
                    if result == "pass" and (slug, key) not in (
                        # An empty list is a true answer there: nobody's cron jobs, nothing else installed.
                        ("dedicated.crons", "crons"),
                        ("dedicated.accounts", "ssh.authorized"),
                        ("logs.retained", "logs.cleaners"),
                        # Any kernel whose name doesn't speak of 32 bits.
                        ("system.supported", "os.kernel"),
                    ):
                        self.fail("%s passes with %s = %r" % (slug, key, garbage))

    def test_nothing_at_all(self):
        for evidence, probes in ((None, []), ({}, None), ({"items": None}, [None, {}, {"items": []}])):
            for slug in SLUGS:
                if slug.startswith(("documents.", "contacts.")):
                    continue
                result, found, _expected, _cites = evaluate(slug, evidence, probes, Case(slug).context)
                self.assertEqual((slug, result), (slug, "no_evidence"), found)

    def test_without_declarations_nothing_is_on_file(self):
        case = Case()
        case.context.update(documents=None, contacts=None)
        case.context["outlet"]["own_presentation"] = True
        for slug in SLUGS:
            if slug.startswith(("documents.", "contacts.")):
                self.assertEqual((slug, case.judge(slug)[0]), (slug, "no_evidence"))

    def test_what_is_not_declared_or_not_yet_due_is_not_asked(self):
        case = Case()
        self.assertEqual(case.judge("documents.own_presentation")[0], "not_applicable")
        del case.context["documents"]["memory"]
        case.context["now"] = "2022-06-12T23:00:00Z"
        self.assertEqual(case.judge("documents.memory")[0], "not_applicable")
        case.context["now"] = "2022-06-13T00:00:00Z"
        self.assertEqual(case.judge("documents.memory")[0], "no_evidence")

    def test_the_hour_of_the_cut(self):
        for spoil, expected in (
            (cut("20220605_2116_PREP_DIP.zip", "21:16"), "pass"),
            (cut("20220605_2116", "20:46", "21:16"), "pass"),
            (cut("2022-06-05T21:16:00-05:00", "21:16"), "pass"),
            # A script may write the hour later: no HTML tells, a person may.
            (cut("20220605_2116"), "no_evidence"),
            (cut("latest", "21:16"), "error"),
            (each("https.status", status=404, document=None), "error"),
        ):
            case = Case()
            spoil(case)
            self.assertEqual(case.judge("freshness.cut_shown")[0], expected)

    def test_what_is_not_the_page_says_nothing_of_its_compression(self):
        for status in (302, 401, 503):
            case = Case()
            each("https.compressed", status=status, encoding="")(case)
            self.assertEqual(case.judge("bandwidth.compression")[0], "error")

    def test_the_latest_cut_is_only_asked_while_publication_lasts(self):
        case = Case()
        cut("20220605_2116", "21:16")(case)
        self.assertEqual(case.judge("freshness.latest")[0], "not_applicable")
        during(cut("20220605_2107", "21:07"))(case)
        self.assertEqual(case.judge("freshness.latest")[0], "pass")

    def test_what_the_hour_allows(self):
        for now, state, expected in (
            ("2022-05-22T20:00:00Z", {"state": "zero"}, "pass"),
            ("2022-05-22T20:00:00Z", {"state": "cut", "drill": True}, "pass"),
            ("2022-05-22T20:00:00Z", {"state": "cut"}, "fail"),
            ("2022-06-06T01:00:00Z", {"state": "cut"}, "pass"),
            ("2022-06-07T01:00:01Z", {"state": "cut"}, "pass"),
            ("2022-06-06T02:00:00Z", {"state": None}, "no_evidence"),
        ):
            case = Case()
            at(now, **state)(case)
            self.assertEqual((now, state, case.judge("publication.window")[0]), (now, state, expected))

    def test_a_suspended_server_shows_a_notice_and_there_is_nothing_to_judge(self):
        # {control: (while suspended, for a 503 of its own)}; what lies behind the notice is judged all the same.
        slugs = {"access.no_auth": ("not_applicable", "fail"), "publication.unmodified": ("pass", "fail"),
                 "freshness.cut_shown": ("not_applicable", "fail"),
                 "bandwidth.compression": ("not_applicable", "error")}
        told = {"authority": "IEPC Durango", "since": "2022-06-05T20:31:00-05:00", "reason": "contenido alterado"}
        for suspended in (told, {}, None):
            case = Case()
            cut("20220605_2116", "21:01")(case)
            case.value("publication")["suspended"] = suspended
            for key in ("http.root", "https.root", "https.compressed"):
                each(key, status=503, body_sha256="00", encoding="")(case)
            for slug, expected in slugs.items():
                result = case.judge(slug)
                self.assertEqual((slug, result[0]), (slug, expected[suspended is None]))
                if suspended:
                    self.assertIn("interrumpida por IEPC Durango desde 2022-06-05T20:31:00-05:00", result[1])
        # Saying so excuses nobody who answers with something else than the notice.
        case.value("publication")["suspended"] = told
        for key in ("http.root", "https.root"):
            each(key, status=200)(case)
        self.assertEqual(case.judge("publication.unmodified")[0], "fail")

    def see(self, **changes):
        """A case with one more vantage point, like the stranger but for the changes."""
        case = Case()
        case.probes.append(dict(copy.deepcopy(fixtures.probes()[1]), vantage="otro", **changes))
        return case

    def states(self, case, number, state):
        case.seen("tcp.%d" % number, "otro")[0].update(state=state)
        return [case.judge("firewall." + one)[0] for one in ("restricted_ports", "allowed_sources", "public_ports")]

    def test_what_is_owed_to_whom(self):
        stranger, allowed = {"allowed": False}, {"allowed": True}
        admin, unknown = {"allowed": False, "admin": True}, {"allowed": None, "admin": None}
        for who, port_number, state, expected in (
            (stranger, 22, "open", ["fail", "pass", "pass"]),
            (stranger, 873, "refused", ["pass", "pass", "pass"]),
            (allowed, 22, "open", ["pass", "fail", "pass"]),  # 873 is still silent
            (admin, 22, "open", ["pass", "pass", "pass"]),
            (admin, 873, "open", ["fail", "pass", "pass"]),
            (unknown, 22, "open", ["pass", "pass", "pass"]),
            (unknown, 80, "timeout", ["pass", "pass", "fail"]),
        ):
            found = self.states(self.see(**who), port_number, state)
            self.assertEqual((who, port_number, found), (who, port_number, expected))

    def test_an_allowed_address_that_is_refused_came_through(self):
        case = self.see(allowed=True)
        case.seen("tcp.873", "otro")[0].update(state="refused")
        self.assertEqual(self.states(case, 22, "open"), ["pass", "pass", "pass"])

    def test_an_ipv6_address_that_no_reader_is_sent_to_must_only_be_closed(self):
        six = {"family": 6, "allowed": False, "published": False}
        self.assertEqual(self.states(self.see(**six), 80, "timeout"), ["pass", "pass", "pass"])
        self.assertEqual(self.states(self.see(**six), 873, "open"), ["fail", "pass", "pass"])
        six["published"] = True
        self.assertEqual(self.states(self.see(**six), 80, "timeout"), ["pass", "pass", "fail"])

    def test_who_had_no_way_saw_nothing(self):
        case = Case()
        case.probes[1].update(skipped="Network is unreachable", items={})
        self.assertEqual(case.judge("firewall.restricted_ports")[0], "no_evidence")
        self.assertEqual(case.judge("access.no_auth")[0], "pass")

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
        for slug in SLUGS:
            case.judge(slug)
        self.assertEqual(before, (case.evidence, case.probes, case.context))


if __name__ == "__main__":
    unittest.main()
