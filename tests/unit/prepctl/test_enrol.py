"""init, add, import and trust: what they write, that Ansible takes it, and that they end whole or not at all."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from prepctl import cli
from prepctl.enrol import changes, host_key, registration
from prepctl.enrol.changes import Changes, locked
from prepctl.inventory_file import InventoryFile

SSHD = "/usr/sbin/sshd"
INIT = ("--call", "dgo_2022", "--allow", "198.51.100.0/28", "--allow", "127.0.0.1", "--control-node", "127.0.0.1")
OUTLET = (
    "--domain", "prep.radio.example", "--outlet", "Radio Ñandú 📻", "--portal", "https://radio.example",
    "--contact", "name=Ana Peña", "--contact", "post=Jefa", "--contact", "phone=618 555 0100",
    "--contact", "email=ana@radio.example", "--contact", "hours=24 horas", "--contact", "election.name=Luis",
)  # fmt: skip


class Server:
    """A real sshd on loopback, with keys of its own."""

    def __init__(self, place: Path) -> None:
        import socket

        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = int(one.getsockname()[1])
        self.key = place / "key"
        self._config = place / "config"
        self._config.write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.key}\nPidFile none\nUsePAM no\n"
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it with a key that is new."""
        for path in (self.key, self.key.with_suffix(".pub")):
            path.unlink(missing_ok=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        self._process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(self._config)], stderr=subprocess.PIPE)
        assert self._process.stderr
        for line in self._process.stderr:
            if b"listening on" in line:
                return
        raise AssertionError("sshd did not start")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    @property
    def fingerprint(self) -> str:
        """As OpenSSH itself prints it."""
        out = subprocess.check_output(["ssh-keygen", "-lf", str(self.key.with_suffix(".pub"))], text=True)
        return out.split()[1]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # bin/test installs it where it may; whoever runs pytest alone as an ordinary user can't, and need not.
    if not os.access(SSHD, os.X_OK) and os.geteuid():
        pytest.skip("sshd is not installed, and only root could install it: bin/test does")
    one = Server(tmp_path_factory.mktemp("sshd"))
    yield one
    one.stop()


@pytest.fixture
def ws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert run("init", str(tmp_path / "ws"), *INIT) == 0
    monkeypatch.chdir(tmp_path / "ws")
    return tmp_path / "ws"


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    return int(ended.value.code or 0)


def test_a_new_workspace_has_what_it_needs_and_its_secrets_are_its_own(ws: Path, tmp_path: Path) -> None:
    assert sorted(path.name for path in ws.iterdir()) == [
        ".gitignore", ".vault-password", "ansible.cfg", "check.yml", "diffusers.ini", "group_vars", "host_vars", "keys",
        "known_hosts", "site.yml",
    ]  # fmt: skip
    assert stat.S_IMODE((ws / ".vault-password").stat().st_mode) == 0o600
    assert stat.S_IMODE((ws / "keys").stat().st_mode) == 0o700
    (key,) = (ws / "keys").glob("*.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert run("init", str(tmp_path / "other"), *INIT, "--no-signing-key") == 0
    assert (tmp_path / "other/.vault-password").read_text() != (ws / ".vault-password").read_text()
    assert not (tmp_path / "other/keys").exists()
    # Nothing is left of how it came to be.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "ws"]


def test_git_would_keep_no_secret(ws: Path) -> None:
    subprocess.run(["git", "init", "-q", "."], cwd=ws, check=True)
    listed = subprocess.check_output(["git", "ls-files", "-o", "--exclude-standard"], cwd=ws, text=True).split()
    assert ".vault-password" not in listed and "ansible.cfg" in listed
    assert not [name for name in listed if name.endswith(".key")]


def test_an_empty_repository_can_become_a_workspace(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "repo")], check=True)
    (tmp_path / "repo/.gitignore").write_text("mine\n")
    assert run("init", str(tmp_path / "repo"), *INIT) == 0
    assert (tmp_path / "repo/.gitignore").read_text() == "mine\n"
    assert (tmp_path / "repo/site.yml").exists() and not (tmp_path / "repo" / changes.STAGE).exists()


def test_the_playbook_finds_no_mistake_in_what_was_written(
    ws: Path, server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    """`ansible-playbook` opens the secret and knows the host key; it is only not let in."""
    words = ("add", "radio", "--address", "127.0.0.1", "--port", str(server.port), *OUTLET)
    assert run(*words, "--fingerprint", server.fingerprint) == 0
    (ws / "who.yml").write_text(
        "- hosts: diffusers\n  gather_facts: false\n  tasks:\n"
        "    - iepc.prep.validate_inputs:\n"
        "    - ansible.builtin.debug:\n"
        "        msg: '{{ prep_rsync_secret | length }} {{ prep_contacts.election.name }}'\n"
        "    - ansible.builtin.raw: 'true'\n"
    )
    playbook = str(Path(sys.executable).parent / "ansible-playbook")
    done = subprocess.run([playbook, "who.yml", "-i", "diffusers.ini"], capture_output=True, text=True)
    assert "43 Luis" in done.stdout, done.stdout + done.stderr
    assert "Permission denied" in done.stdout and "Host key" not in done.stdout
    secret = yaml.load(
        (ws / "host_vars/radio.yml").read_text().replace("!vault ", ""), Loader=yaml.SafeLoader
    )["prep_rsync_secret"]  # fmt: skip
    assert secret.startswith("$ANSIBLE_VAULT;1.1;AES256\n")


def test_a_fingerprint_that_differs_adds_nothing(ws: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    other = "SHA256:" + "a" * 43
    words = ("add", "radio", "--address", "127.0.0.1", "--port", str(server.port), *OUTLET)
    assert run(*words, "--fingerprint", other) == 1
    said = capsys.readouterr().err
    assert f"expected the host key {other}, the server offers {server.fingerprint} (ssh-ed25519): not added" in said
    assert not (ws / "host_vars/radio.yml").exists() and (ws / "known_hosts").read_text() == ""
    assert run(*words, "--fingerprint", server.fingerprint) == 0
    where = f"[127.0.0.1]:{server.port}"
    assert (ws / "known_hosts").read_text() == " ".join(
        [where, *server.key.with_suffix(".pub").read_text().split()[:2]]
    ) + "\n"

    # A server that was reinstalled is another, until somebody says so.
    server.stop()
    server.start()
    assert run("trust", "radio", "--fingerprint", server.fingerprint) == 1
    assert "another host key" in capsys.readouterr().err
    assert run("trust", "radio", "--fingerprint", server.fingerprint, "--replace") == 0
    assert len((ws / "known_hosts").read_text().splitlines()) == 1
    assert host_key.KnownHosts(ws).of("127.0.0.1", server.port)[0].fingerprint == server.fingerprint


def test_a_vantage_point_is_a_line_and_a_key(ws: Path, server: Server) -> None:
    words = ("add", "mirador", "--vantage-point", "--address", "127.0.0.1", "--port", str(server.port))
    assert run(*words, "--fingerprint", server.fingerprint) == 0
    assert InventoryFile(ws / "diffusers.ini").groups["vantage_points"] == ["mirador"]
    assert not (ws / "host_vars/mirador.yml").exists()


# At a terminal.


class Terminal:
    """prepctl at a terminal, with somebody who answers."""

    def __init__(self, directory: Path, *words: str) -> None:
        self._near, far = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "prepctl", *words], cwd=directory, stdin=far, stdout=far, stderr=far,
            env={**os.environ, "TERM": "dumb"}, start_new_session=True,
        )  # fmt: skip
        os.close(far)
        self.text = ""

    def until(self, words: str) -> None:
        """Read until these words."""
        deadline = time.monotonic() + 60
        while words not in self.text:
            ready, _, _ = select.select([self._near], [], [], 1)
            if ready:
                try:
                    self.text += os.read(self._near, 4096).decode()
                except OSError:
                    break
            assert time.monotonic() < deadline and (ready or self.process.poll() is None), self.text
        assert words in self.text, self.text

    def answer(self, question: str, answer: str) -> None:
        """Wait for a question and answer it."""
        self.until(question)
        self.text = ""
        os.write(self._near, answer.encode() + b"\n")

    def end(self) -> int:
        self.until("next:")
        os.close(self._near)
        return self.process.wait(timeout=30)


def test_at_a_terminal_it_asks(tmp_path: Path, server: Server) -> None:
    asked = Terminal(tmp_path, "init", "ws")
    asked.answer("Call (", "ensayo_2027")
    asked.answer("networks of the institute", "198.51.100.0/28, 127.0.0.1")
    asked.answer("Address of this control node", "127.0.0.1")
    assert asked.end() == 0
    asked = Terminal(tmp_path / "ws", "add", "--port", str(server.port))
    for question, answer in (
        ("Name of the outlet", "Radio Ñandú"), ("Name of the diffuser", ""), ("Address of the server", "127.0.0.1"),
        ("Public host name", "prep.radio.example"), ("URLs of the portals", "https://radio.example"),
        ("contact: name", "Ana"), ("Post", "Jefa"), ("Telephone", "12"),
        ("expected a telephone number of at least 10 digits", "618 555 0100"), ("E-mail", "ana@radio.example"),
        ("Hours", "24 horas"),
    ):  # fmt: skip
        asked.answer(question, answer)
    asked.until(server.fingerprint)
    asked.answer("or the fingerprint that you were told", "yes")
    assert asked.end() == 0
    assert InventoryFile(tmp_path / "ws/diffusers.ini").hosts["radio-nandu"]["ansible_port"] == str(server.port)
    assert "ssh-ed25519" in (tmp_path / "ws/known_hosts").read_text()


# Whole or not at all.


@pytest.mark.parametrize("when", ["before the record", "after the record"])
def test_a_change_that_was_killed_is_undone_or_finished(ws: Path, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (ws / "one").write_text("old\n")
    process = os.fork()
    if process == 0:
        if when == "before the record":
            changes.os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
        else:
            real, done = os.replace, []

            def replace(source: Path, target: Path) -> None:
                if done:
                    os.kill(os.getpid(), signal.SIGKILL)
                done.append(real(source, target))

            changes.os.replace = replace  # type: ignore[assignment]
        with locked(ws):
            change = Changes(ws)
            change.write("one", "new\n")
            change.write("two/three", "new\n")
            change.commit()
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL
    assert (ws / changes.STAGE).exists()
    with locked(ws):
        pass
    assert not (ws / changes.STAGE).exists()
    finished = when == "after the record"
    assert (ws / "one").read_text() == ("new\n" if finished else "old\n")
    assert (ws / "two/three").exists() == finished


def test_an_init_that_was_killed_leaves_no_workspace_and_the_next_cleans_up(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from prepctl.enrol import new_workspace as n; from prepctl import cli\n"
        "n.os.rename = lambda *_: os.kill(os.getpid(), signal.SIGNAL)\ncli.main(sys.argv[1:])\n"
    )
    for number, left in ((signal.SIGKILL, 1), (signal.SIGTERM, 1)):
        done = subprocess.run(
            [sys.executable, "-c", code.replace("SIGNAL", number.name), "init", str(tmp_path / "ws"), *INIT],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == (-number if number == signal.SIGKILL else 4), done.stderr
        assert not (tmp_path / "ws").exists()
        # What a killed one left goes with the next, which here is stopped in order.
        assert len(list(tmp_path.iterdir())) == (left if number == signal.SIGKILL else 0)
    assert run("init", str(tmp_path / "ws"), *INIT) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["ws"]


# Registration forms.

HEAD = ["Marca temporal", "Nombre del medio", "Tipo", "Dominio", "Dirección IP", "Portal", "Contacto", "Puesto",
        "Teléfono", "Correo electrónico", "Horario", "Teléfono (Simulacros)", "Carta compromiso", "¿Cómo supo?"]
ROWS = [
    ["2022/05/01", "El Mural — Diario", "periódico", "PREP.mural.example.", "203.0.113.8", "https://mural.example",
     "María Peña", "Jefa", "618 555 0100", "m@mural.example", "9:00-18:00", "618 555 0199", "24/05/2022", "así"],
    [""] * 14,
    ["2022/05/02", "Radio “Ñandú”", "radio", "prep.nandu.example", "203.0.113.9", "https://a.example https://b.example",
     "José", "Jefe", "+52 618 555 0101", "j@nandu.example", "24 horas", "", "2022-05-25 10:11:12", "una\nlarga"],
]  # fmt: skip


def table(separator: str) -> str:
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([HEAD, *ROWS])
    return out.getvalue()


@pytest.mark.parametrize(
    ("encoding", "separator"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", ";"), ("utf-16", "\t"), ("utf-8", "|")],
)
def test_a_forms_export_is_read_however_it_was_saved(
    encoding: str, separator: str, ws: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (ws / "o.csv").write_bytes(("sep=;\r\n" * (separator == ";") + table(separator)).encode(encoding))
    capsys.readouterr()
    assert run("import", "o.csv", "--offline", "--json") == 0
    assert json.loads(capsys.readouterr().out)["diffusers"] == ["el-mural-diario", "radio-nandu"]
    text = (ws / "host_vars/radio-nandu.yml").read_text().replace("!vault ", "")
    values = yaml.safe_load(text)
    assert values["prep_outlet"] == {
        "name": "Radio “Ñandú”", "kind": "radio", "portal_urls": ["https://a.example", "https://b.example"],
    }  # fmt: skip
    assert values["prep_documents"] == {"commitment": {"date": "2022-05-25"}}
    mural = yaml.safe_load((ws / "host_vars/el-mural-diario.yml").read_text().replace("!vault ", ""))
    assert mural["prep_contacts"]["drills"]["phone"] == "618 555 0199"
    assert mural["prep_contacts"]["list"]["phone"] == "618 555 0100"
    assert mural["prep_domain"] == "prep.mural.example"


def test_latin_1_with_bytes_that_windows_lacks(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_bytes("ñ\x81".encode("latin-1"))
    assert registration.decode(tmp_path / "o.csv") == ("ñ\x81", "latin-1")


def test_a_file_with_one_mistake_adds_none_of_its_rows(ws: Path) -> None:
    before = (ws / "diffusers.ini").read_bytes()
    (ws / "o.csv").write_text(table(",").replace("j@nandu.example", "j"))
    assert run("import", "o.csv", "--offline") == 1
    assert (ws / "diffusers.ini").read_bytes() == before and not list((ws / "host_vars").glob("*.yml"))


def test_many_servers_keys_are_compared_at_once(ws: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """One that can't be reached keeps all out; with theirs, all are in."""
    text = "difusor;medio;dominio;ip;puerto;portal;contacto;puesto;telefono;correo;horario;huella\n"
    row = "{0};Radio {0};prep.{0}.example;127.0.0.1;{1};https://r.example;Ana;Jefa;6185550100;a@r.example;24 h;{2}\n"
    (ws / "o.csv").write_text(
        text + row.format("uno", server.port, server.fingerprint) + row.format("dos", 1, server.fingerprint)
    )
    assert run("import", "o.csv") == 3
    assert "dos: [127.0.0.1]:1: no SSH host key could be fetched" in capsys.readouterr().err
    assert not list((ws / "host_vars").glob("*.yml"))
    (ws / "o.csv").write_text(text + row.format("uno", server.port, server.fingerprint))
    assert run("add", "--csv", "o.csv") == 0
    assert host_key.KnownHosts(ws).of("127.0.0.1", server.port)


def test_comments_and_order_of_the_inventory_stay(ws: Path) -> None:
    file = ws / "diffusers.ini"
    file.write_text(
        "# mine\n[diffusers]\nuno ansible_host=203.0.113.1  # first\n\n; more\n[all:vars]\nansible_user=root\n"
    )
    assert run("add", "dos", "--address", "203.0.113.2", *OUTLET, "--offline") == 0
    assert file.read_text() == (
        "# mine\n[diffusers]\nuno ansible_host=203.0.113.1  # first\ndos ansible_host=203.0.113.2\n\n; more\n"
        "[all:vars]\nansible_user=root\n"
    )


def test_the_doctor_finds_what_is_wrong_with_a_workspace(ws: Path, server: Server) -> None:
    words = ("add", "radio", "--address", "127.0.0.1", "--port", str(server.port), *OUTLET)
    assert run(*words, "--fingerprint", server.fingerprint) == 0

    def bad() -> dict[str, list[str]]:
        """What is to be put right, but for this machine's clock."""
        done = subprocess.run(
            [sys.executable, "-m", "prepctl", "doctor", "--json"], capture_output=True, text=True
        )
        found: dict[str, list[str]] = {}
        for one in json.loads(done.stdout)["findings"]:
            if one["state"] in ("fail", "unreachable") and one["check"] != "clock":
                found.setdefault(one["check"], []).append(one["said"])
        return found

    assert bad() == {}
    (key,) = (ws / "keys").glob("*.key")
    key.chmod(0o644)
    server.stop()
    (ws / "ansible.cfg").write_text((ws / "ansible.cfg").read_text().replace("checking = True", "checking = False"))
    (ws / "group_vars/all.yml").write_text("ansible_ssh_common_args: -o StrictHostKeyChecking=no\n")
    (ws / ".vault-password").write_text("wrong\n")
    assert bad() == {
        "permissions": [f"keys/{key.name}: others can read it (mode 0644)"],
        "reachability": [f"radio: [127.0.0.1]:{server.port}: Connection refused"],
        "host_keys": [
            "ansible.cfg: host_key_checking: SSH host keys are not checked",
            "group_vars/all.yml: SSH host keys are not checked",
        ],
        "vault": ["radio: prep_rsync_secret cannot be opened, or is not there"],
    }  # fmt: skip
