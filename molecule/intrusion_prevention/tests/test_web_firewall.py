"""Honest readers are served, attacks are refused, and what is written down names no secrets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tests/waf"))

import corpus

COOKIE = "sesion=4f1e9a7c0d"


def test_no_honest_request_is_refused(host):
    answers = corpus.send_all(corpus.honest(), host.address)
    assert len(answers) >= 300
    assert not corpus.wrong(answers, 2), "\n".join(corpus.wrong(answers, 2)[:20])
    # Most of them got something, so that this says more than that nothing is there.
    assert sum(answer.status == 200 for answer in answers) > 300


def test_every_attack_is_refused(host):
    answers = corpus.send_all(corpus.attacks(), host.address)
    assert len(answers) >= 60
    print(corpus.summary(answers))
    assert not corpus.wrong(answers, 2), "\n".join(corpus.wrong(answers, 2))


def test_the_control_node_was_not_banned_for_it(host):
    control = host.address.rsplit(".", 1)[0] + ".1"
    assert host.check_output("grep -c 'Access denied' /var/log/apache2/error.log") != "0"
    assert control not in host.check_output("fail2ban-client banned")


def test_the_audit_log_keeps_no_cookie(host):
    url = f"http://{host.address}/?q=%3Cscript%3Ealert(1)%3C/script%3E&mark=audited"
    done = subprocess.run(
        ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Cookie: {COOKIE}", "-u", "lucia:clave-7", url],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "403"
    audit = host.check_output("cat /var/log/apache2/modsec_audit.log")
    assert "mark=audited" in audit
    assert COOKIE.split("=")[1] not in audit
    assert "bHVjaWE6Y2xhdmUtNw==" not in audit
