"""The certificate: got from a real ACME server, renewed in front of readers, and never half of one."""

from __future__ import annotations

import pytest

HOOK = "/usr/local/sbin/prep-deploy-certificate"
# Asks in both schemes until it is told to stop, at most 1,500 times, and counts what went wrong.
READER = """
import os, socket, ssl, sys, time
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
asked, failed = 0, []
while asked < 1500 and not os.path.exists("/tmp/enough"):
    for port in (80, 443):
        asked += 1
        try:
            client = socket.create_connection(("{address}", port), 5)
            if port == 443:
                client = context.wrap_socket(client)
            client.sendall(b"GET / HTTP/1.0\\r\\nHost: x\\r\\n\\r\\n")
            if b" 200 " not in client.recv(4096):
                failed.append("%d: not 200" % port)
            client.close()
        except Exception as error:
            failed.append("%d: %r" % (port, error))
    time.sleep(0.02)
print(asked, len(failed), failed[:3])
"""


def served(origin, host) -> dict[str, str]:
    """Return issuer, serial and subject of what a reader is shown."""
    command = (
        f"echo | openssl s_client -connect {host.address}:443 -servername {host.name}.prep.test 2>/dev/null"
        " | openssl x509 -noout -issuer -serial -subject"
    )
    return dict(line.split("=", 1) for line in origin.check_output(command).splitlines())


def test_the_acme_server_issued_what_is_served(host, origin):
    shown = served(origin, host)
    assert "Pebble Intermediate" in shown["issuer"]
    assert f"{host.name}.prep.test" in shown["subject"]


def test_the_chain_leads_to_the_root(host, origin):
    root = "curl -sk https://localhost:15000/roots/0 > /tmp/root.pem"
    name = f"{host.name}.prep.test"
    origin.check_output(
        f"{root} && curl -sS --cacert /tmp/root.pem --resolve {name}:443:{host.address} https://{name}/"
    )


@pytest.mark.parametrize(("version", "offered"), [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_tls_is_of_this_decade(host, origin, version, offered):
    # The lowest level of the client's own policy, so that it is the server that refuses.
    done = origin.run(f"echo | openssl s_client -connect {host.address}:443 {version} -cipher DEFAULT:@SECLEVEL=0")
    assert ("Cipher is (NONE)" not in done.stdout) is offered, done.stdout + done.stderr


# Pebble hands out the key of the authority that signs; with it, OpenSSL answers for the certificate.
RESPONDER = """
set -e
cd /etc/pebble
curl -sk https://localhost:15000/intermediates/0 > issuer.pem
curl -sk https://localhost:15000/intermediate-keys/0 > issuer.key
printf 'V\t400101000000Z\t\t%s\tunknown\t/CN=x\n' "$1" > index.txt
systemctl stop ocsp 2> /tmp/ocsp || :
systemd-run -q --collect --unit=ocsp --working-directory=/etc/pebble openssl ocsp -port 4002 -index index.txt \\
    -CA issuer.pem -rsigner issuer.pem -rkey issuer.key -ndays 1 -ignore_err
timeout 10 sh -c 'until ss -ltn | grep -q :4002; do sleep 0.1; done'
"""


def test_what_the_responder_says_is_stapled(host, origin):
    """The certificate names a responder; its answer comes in the handshake, for readers who ask nobody else."""
    staple = f"echo | openssl s_client -connect {host.address}:443 -servername {host.name}.prep.test -status 2>&1"
    # Nobody answers at first: readers are served all the same, without.
    assert "no response sent" in origin.check_output(staple)
    origin.check_output("sh -c %s sh %s", RESPONDER, served(origin, host)["serial"])
    try:
        # What was not to be had is asked for anew after a while; a reload asks at once.
        host.check_output("systemctl restart apache2")
        for _ in range(20):
            said = origin.check_output(staple)
            if "OCSP Response Status: successful" in said:
                break
        assert "OCSP Response Status: successful" in said and "Cert Status: good" in said, said
    finally:
        origin.check_output("systemctl stop ocsp")


def test_the_systems_timer_renews_it(host):
    timer = host.service("certbot.timer")
    assert timer.is_running and timer.is_enabled
    assert "REQUESTS_CA_BUNDLE=/etc/ssl/prep/acme-ca.pem" in host.check_output(
        "systemctl show -p Environment certbot.service"
    )


def test_a_renewal_goes_unnoticed(host, origin):
    """Another certificate is served in the end, and no reader missed an answer meanwhile."""
    before = served(origin, host)
    origin.check_output("rm -f /tmp/enough /tmp/seen")
    program = READER.format(address=host.address)
    # Gone as soon as it was started: what it saw is in a file.
    origin.check_output("nohup python3 -c %s > /tmp/seen 2>&1 < /dev/null &", program)
    renewed = host.run(
        "REQUESTS_CA_BUNDLE=/etc/ssl/prep/acme-ca.pem certbot renew --force-renewal --no-random-sleep-on-renew"
        f" --cert-name prep-{host.name}.prep.test"
    )
    origin.check_output("touch /tmp/enough; timeout 30 sh -c 'until [ -s /tmp/seen ]; do sleep 0.1; done'")
    asked, failed, *examples = origin.check_output("cat /tmp/seen").split(None, 2)
    assert renewed.rc == 0, renewed.stderr
    after = served(origin, host)
    assert after["serial"] != before["serial"]
    assert after["subject"] == before["subject"]
    assert int(asked) > 20
    assert failed == "0", examples


def test_a_key_of_another_certificate_is_not_handed_over(host, origin):
    before = served(origin, host)
    live = f"/etc/letsencrypt/live/prep-{host.name}.prep.test"
    host.check_output(
        "rm -rf /tmp/pair && mkdir -m 700 /tmp/pair && cp -L %s/fullchain.pem /tmp/pair/ && openssl genpkey"
        " -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /tmp/pair/privkey.pem",
        live,
    )
    pairs = host.check_output("ls /etc/ssl/prep/acme.d")
    refused = host.run(f"RENEWED_LINEAGE=/tmp/pair {HOOK}")
    assert refused.rc == 1
    assert "not that of the certificate" in refused.stderr and "PRIVATE" not in refused.stderr + refused.stdout
    assert host.check_output("ls /etc/ssl/prep/acme.d") == pairs
    # Also after the next reload, as log rotation does it.
    host.check_output("systemctl reload apache2")
    assert served(origin, host) == before


def test_a_pair_that_apache_does_not_load_is_taken_back(host, origin):
    """The last line of defence: what is wrong is only seen when the whole configuration is checked."""
    before = served(origin, host)
    live = f"/etc/letsencrypt/live/prep-{host.name}.prep.test"
    link = host.check_output("readlink /etc/ssl/prep/acme")
    host.check_output("echo 'NoSuchDirective on' > /etc/apache2/conf-enabled/zz-broken.conf")
    try:
        refused = host.run(f"RENEWED_LINEAGE={live} {HOOK}")
    finally:
        host.check_output("rm /etc/apache2/conf-enabled/zz-broken.conf")
    assert refused.rc == 1 and "does not load" in refused.stderr
    assert host.check_output("readlink /etc/ssl/prep/acme") == link
    assert served(origin, host) == before


@pytest.fixture
def afterwards(converge, host):
    yield
    assert converge(host.name).returncode == 0


@pytest.mark.usefixtures("afterwards")
def test_a_name_that_leads_nowhere_is_said_and_harms_nobody(host, origin, ask, converge):
    before = served(origin, host)
    done = converge(host.name, apache_domain="nadie.prep.test")
    assert done.returncode == 0, done.stdout
    # Ansible breaks a warning into lines of the terminal's width.
    said = " ".join(done.stdout.split())
    assert "[WARNING]: no certificate for nadie.prep.test from https://" in said
    assert "what was served stays: nadie.prep.test: " in said and "connection refused" in said
    assert served(origin, host)["serial"] == before["serial"]
    assert ask(f"https://{host.address}/").status == 200
