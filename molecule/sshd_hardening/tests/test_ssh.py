"""Who gets in, and what is refused before it could let somebody in or lock somebody out."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from reruns import WORKSPACE, changed, converge, said

DROP_IN = "/etc/ssh/sshd_config.d/00-prep.conf"
OUTSIDE = "sshd -T -C user=root,host=outside,addr=198.51.100.77,lport=22"


def ssh(host, *options: str, user: str = "root") -> subprocess.CompletedProcess[str]:
    """Come in from the control node, host keys checked strictly."""
    argv = ["ssh", "-n", "-F", "none", "-i", str(WORKSPACE / ".lab/id_ed25519"), "-o", "IdentitiesOnly=yes"]
    argv += ["-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={WORKSPACE / '.lab/known_hosts'}"]
    argv += ["-o", "BatchMode=yes", *options]
    return subprocess.run([*argv, f"{user}@{host.address}", "true"], capture_output=True, text=True, timeout=30)


def answers(host) -> None:
    """Wait until sshd, which closes its socket for a moment when it reloads, answers again."""
    deadline = time.monotonic() + 20
    while ssh(host).returncode != 0:
        assert time.monotonic() < deadline, "sshd does not answer any more"
        time.sleep(0.1)


@pytest.fixture
def changing(host) -> Callable:
    """Return a context in which /etc/ssh is as a script left it; afterwards it is as it was."""

    @contextmanager
    def context(script: str) -> Iterator[None]:
        host.check_output("rm -rf /var/tmp/ssh-saved && cp -a /etc/ssh /var/tmp/ssh-saved")
        try:
            host.check_output(script)
            yield
        finally:
            host.check_output("rm -rf /etc/ssh && mv /var/tmp/ssh-saved /etc/ssh && sshd -t")
            host.check_output("systemctl is-active ssh && systemctl reload ssh || systemctl start ssh")
            answers(host)

    return context


def test_cloud_init_is_overruled(host, changing):
    answer = host.check_output(OUTSIDE)
    assert "\npasswordauthentication no" in answer
    assert "\npermitrootlogin without-password" in answer
    # It is our file that does it: without it, the other one holds.
    with changing(f"rm {DROP_IN}"):
        assert "\npasswordauthentication yes" in host.check_output(OUTSIDE)


def test_a_password_is_not_even_asked_for(host):
    assert ssh(host).returncode == 0
    refused = ssh(host, "-o", "PubkeyAuthentication=no", "-o", "BatchMode=no", "-o", "NumberOfPasswordPrompts=0")
    assert refused.returncode == 255
    assert "Permission denied (publickey)." in refused.stderr, refused.stderr


def test_a_key_in_a_root_owned_file_lets_its_account_in(host):
    host.check_output("id respaldo 2>/dev/null || useradd --create-home respaldo")
    assert ssh(host, user="respaldo").returncode == 0
    host.check_output("mv /etc/ssh/prep_authorized_keys/respaldo /var/tmp/")
    try:
        assert ssh(host, user="respaldo").returncode == 255
    finally:
        host.check_output("mv /var/tmp/respaldo /etc/ssh/prep_authorized_keys/")


def test_weak_proofs_of_identity_are_not_offered(host):
    for algorithm, offered in {"ssh-ed25519": True, "ecdsa-sha2-nistp256": False, "ssh-rsa": False}.items():
        done = ssh(host, "-o", f"HostKeyAlgorithms={algorithm}")
        assert (done.returncode == 0) is offered, f"{algorithm}: {done.stderr}"
        assert offered or "no matching host key type" in done.stderr, done.stderr


def test_the_short_rsa_key_was_replaced_and_kept_aside(host):
    scanned = host.check_output(f"ssh-keyscan -t rsa {host.address} 2>/dev/null | ssh-keygen -l -f -")
    assert scanned.startswith("4096 "), scanned
    kept = "/var/lib/prep/replaced_host_keys"
    assert host.check_output(f"ssh-keygen -l -f {kept}/*/ssh_host_rsa_key").startswith("2048 ")
    assert host.check_output(f"stat -c %a {kept}/*/ssh_host_rsa_key") == "600"


def test_a_control_node_that_knows_only_a_key_that_goes_is_not_locked_out(host, changing, tmp_path):
    known = tmp_path / "known_hosts"
    known.write_text(
        f"{host.address} " + " ".join(host.check_output("cat /etc/ssh/ssh_host_ecdsa_key.pub").split()[:2])
    )
    arguments = f"-o UserKnownHostsFile={known} -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -o ControlPath=none"
    with changing(f"rm {DROP_IN} && systemctl reload ssh"):
        done = converge("-e", f"ansible_ssh_common_args='{arguments}'")
        assert done.returncode != 0
        assert "knows difusor11 by none of the host keys that stay" in said(done), done.stdout
        line = f"{host.address} " + " ".join(host.check_output("cat /etc/ssh/ssh_host_ed25519_key.pub").split()[:2])
        assert line in said(done)
        assert not host.file(DROP_IN).exists
        # What the message says to do, helps.
        known.write_text(known.read_text() + "\n" + line + "\n")
        assert changed(converge("-e", f"ansible_ssh_common_args='{arguments}'")) == 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (r"Match Address 10.9.8.0/24\n  PermitRootLogin yes\n", "'permitrootlogin yes' in 'Match Address 10.9.8.0/24'"),
        (r"Match User backup\n  AuthenticationMethods password\n", "60-other.conf:2: 'authenticationmethods password'"),
        (r"Port 2222\n", "60-other.conf:1: 'port 2222' lets sshd listen on 2222 too"),
        (r"ListenAddress 0.0.0.0:2222\n", "60-other.conf:1: 'listenaddress 0.0.0.0:2222' lets sshd listen on 2222 too"),
    ],
)  # fmt: skip
def test_what_reopens_a_door_is_refused_by_name(host, changing, text, named):
    with changing(f"printf '{text}' > /etc/ssh/sshd_config.d/60-other.conf"):
        before = host.check_output(f"sha256sum {DROP_IN}")
        done = converge("-e", "sshd_hardening_max_auth_tries=3")
        assert done.returncode != 0
        assert named in said(done), done.stdout
        assert host.check_output(f"sha256sum {DROP_IN}") == before


def test_what_is_read_before_ours_is_refused_by_name(host, changing):
    with changing(r"printf 'PasswordAuthentication yes\n' > /etc/ssh/sshd_config.d/00-a.conf"):
        done = converge()
        assert done.returncode != 0
        assert "00-a.conf:1: 'passwordauthentication yes' is read before ours" in said(done), done.stdout


def test_somebody_can_answer_for_a_match_block(host, changing):
    block = r"Match User backup\n  PasswordAuthentication yes\n"
    with changing(f"printf '{block}' > /etc/ssh/sshd_config.d/60-other.conf"):
        assert changed(converge("-e", '{"sshd_hardening_accepted_matches": ["User backup"]}')) == 0


def test_sshd_itself_has_the_last_word_before_it_reloads(host, changing):
    """A way round the files that no reading of them finds: here an option in quotes of the unit's own."""
    with changing(f"rm {DROP_IN} && systemctl reload ssh"):
        # sshd -T is asked through a stand-in that answers as an overruled one would.
        host.check_output("mv /usr/sbin/sshd /usr/sbin/sshd.real")
        host.check_output(
            "printf '#!/bin/sh\\n/usr/sbin/sshd.real \"$@\" | sed s/^x11forwarding.*/x11forwarding\\\\ yes/\\n'"
            " > /usr/sbin/sshd && chmod 755 /usr/sbin/sshd"
        )
        try:
            done = converge()
        finally:
            host.check_output("mv /usr/sbin/sshd.real /usr/sbin/sshd")
        assert done.returncode != 0
        assert 'expected "x11forwarding no", got "x11forwarding yes"' in said(done), done.stdout
        assert not host.file(DROP_IN).exists


def test_without_include_the_settings_stand_on_top_of_the_main_file(host, changing):
    with changing("sed -i /^Include/d /etc/ssh/sshd_config && echo PasswordAuthentication yes >> /etc/ssh/sshd_config"):
        assert "\npasswordauthentication yes" in host.check_output(OUTSIDE)
        assert changed(converge()) == 1
        answer = host.check_output(OUTSIDE)
        assert "\npasswordauthentication no" in answer
        assert "\nsubsystem sftp /usr/lib/openssh/sftp-server" in answer
        assert not host.file(DROP_IN).exists
        assert changed(converge()) == 0
        # Where Include comes back, so does the drop-in, and the main file is its owner's again.
        host.check_output("sed -i '1i Include /etc/ssh/sshd_config.d/*.conf' /etc/ssh/sshd_config")
        assert changed(converge()) == 1
        assert host.file(DROP_IN).exists
        assert "iepc.prep" not in host.file("/etc/ssh/sshd_config").content_string
        assert changed(converge()) == 0


def test_a_socket_that_starts_sshd_for_each_connection(host, changing):
    # Started beside the service, the socket may find the port still taken: the two conflict, in no order.
    by_socket = "systemctl stop ssh.service && systemctl start ssh.socket || systemctl start ssh.service"
    with changing(f"{by_socket}; systemctl is-active ssh.socket"):
        assert changed(converge("-e", "sshd_hardening_max_auth_tries=3")) == 1
        assert host.check_output("systemctl is-active ssh.socket") == "active"
        assert "\nmaxauthtries 3" in host.check_output(OUTSIDE)
        done = converge("-e", "sshd_hardening_port=2222")
        assert done.returncode != 0
        assert "ssh.socket listens on 22 and sshd ignores its own Port 2222" in said(done), done.stdout


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ('{"sshd_hardening_port": 70000}', "sshd_hardening_port: expected a port from 1 to 65535, got 70000"),
        ('{"sshd_hardening_port": 2222}', "this run came in through port 22, where nobody would listen any more"),
        ('{"sshd_hardening_penalty_exempt": ["10.0.0.1/8"]}', "penalty_exempt[0]: expected a network without"),
        ('{"sshd_hardening_authorized_keys": [{"user": "root", "key": "hola"}]}', "expected one public key line"),
        ('{"sshd_hardening_authorized_keys": [{"user": "../x", "key": "hola"}]}', "expected the name of an account"),
        ('{"sshd_hardening_macs": ["hmac-none"]}', "nothing was changed: `/usr/sbin/sshd -t`"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(host, variables, line):
    before = host.check_output(f"sha256sum {DROP_IN}")
    done = converge("-e", variables)
    assert done.returncode != 0
    assert line in said(done), done.stdout
    assert host.check_output(f"sha256sum {DROP_IN}") == before
