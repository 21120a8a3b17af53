"""Mirrors on this machine: a real rsync daemon, the real activator and a web server each, with a root of its own.

What a mirror of the roles has beyond that (chroot, accounts, systemd's sandbox, Apache) is tested where those are:
``molecule/publication``, ``molecule/rsync_daemon``. Here a dozen of them start in a second.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.iepc.prep.plugins.module_utils.cuts import manifest

from prepctl.publish.keys import KeyRing
from prepctl.publish.mirrors import Mirror

TOP = Path(__file__).resolve().parents[2]
CUTS = TOP / "plugins/module_utils/cuts"
PACKAGE = "ansible_collections.iepc.prep.plugins.module_utils.cuts"
MODULES = ("activate", "gate", "incoming", "manifest", "shelf")
SECRET = "clave-de-pruebas-larga"
NOTE_POLL_S = 0.01


_given: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on, and each once: of a hundred mirrors that start later, two would draw one.

    Below those that the kernel gives to connections going out (ip_local_port_range): a mirror that is stopped for a
    while must find its own again.
    """
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as one, contextlib.suppress(OSError):
            if port not in _given:
                one.bind(("127.0.0.1", port))
                _given.add(port)
                return port


def refused_options() -> list[str]:
    """Return what the role's daemon refuses, for an rsync that knows a negated name (from 3.2.0 on)."""
    defaults = yaml.safe_load((TOP / "roles/rsync_daemon/defaults/main.yml").read_text())
    return ["*", *(f"!{name}" for name in defaults["rsync_daemon_allowed_options"])]


def install_activator(directory: Path) -> Path:
    """Lay the activator down as the role does; return its program."""
    directory.mkdir(parents=True)
    for name in MODULES:
        text = (CUTS / f"{name}.py").read_text()
        text = text.replace(f"from {PACKAGE} import", "import").replace(f"from {PACKAGE}.", "from ")
        (directory / f"{name}.py").write_text(text)
    return directory / "activate.py"


class LoopbackMirror:
    """One mirror below a directory; running from :meth:`start` to :meth:`stop`.

    :param keys: whose cuts it takes.
    :param activate_notes: whether the activator is run when a push ended; without, it is an rsync daemon alone.
    """

    def __init__(
        self,
        name: str,
        directory: Path,
        activator: Path,
        keys: KeyRing,
        *,
        opening: int = 1,
        activate_notes: bool = True,
    ) -> None:
        self.name, self.directory, self.root = name, directory, directory / "srv"
        self._activate_notes = activate_notes
        self._activator = activator
        self.rsync_port, self.http_port = free_port(), free_port()
        for part in ("incoming", "cuts/zero", "state", "trigger"):
            (self.root / part).mkdir(parents=True)
        (self.root / "cuts/zero/index.html").write_text("cero")
        self.config: dict[str, Any] = {
            "root": str(self.root), "keys": [key.public.read_text() for key in keys.all()], "keep": 3,
            "opening": opening, "opening_text": "", "drills": [], "compress": ["html", "csv", "json"],
            "openssl": shutil.which("openssl"), "zero_sha256": "0" * 64,
        }  # fmt: skip
        self.secret = SECRET
        self._daemon: subprocess.Popen[bytes] | None = None
        self._web: http.server.ThreadingHTTPServer | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def mirror(self) -> Mirror:
        """Return it as the publisher knows it."""
        return Mirror(
            self.name, "127.0.0.1", f"{self.name}.example", "iepc", SECRET, port=self.rsync_port, http=self.http_port,
            https=1,
        )  # fmt: skip

    def start(self) -> None:
        """Start what a mirror runs, and have it show what it has."""
        self.write_config()
        self.activate()
        self._stop.clear()
        self._start_daemon()
        self._start_web()
        self._threads = [threading.Thread(target=self._wait_for_notes, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        """End all of it; what is on disk stays."""
        self._stop.set()
        for one in self._threads:
            one.join()
        if self._daemon:
            # Its children too: each connection is one.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._daemon.pid, signal.SIGTERM)
            self._daemon.wait()
            self._daemon = None
        if self._web:
            self._web.shutdown()
            self._web.server_close()
            self._web = None

    def write_config(self) -> None:
        """Tell the activator what the role would."""
        (self.directory / "activator.json").write_text(json.dumps(self.config))

    def activate(self) -> int:
        """Run the activator once, as systemd would."""
        argv = [sys.executable, "-E", "-s", str(self._activator), str(self.directory / "activator.json")]
        with open(self.directory / "journal", "ab") as journal:
            done = subprocess.run(argv, stdout=journal, stderr=journal, stdin=subprocess.DEVNULL, timeout=120)
        return done.returncode

    def status(self) -> dict[str, Any]:
        """Return the public state."""
        value: dict[str, Any] = json.loads((self.root / "state/status.json").read_text())
        return value

    def shown(self) -> str:
        """Return the id of what is shown, after a look at every file of it.

        :raises AssertionError: it is not a whole signed cut.
        """
        place = (self.root / "current").resolve()
        if place.name == "zero":
            return "zero"
        value = manifest.parse((place / manifest.MANIFEST).read_bytes())
        have = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
        have -= {manifest.MANIFEST, manifest.SIGNATURE}
        plain = {name for name in have if not (name.endswith(".gz") and name[:-3] in value["files"])}
        assert plain == set(value["files"]), plain ^ set(value["files"])
        for path, (digest, size, _mtime) in value["files"].items():
            data = (place / path).read_bytes()
            assert (len(data), manifest.hashlib.sha256(data).hexdigest()) == (size, digest), path
        assert value["cut"]["id"] == place.name
        return place.name

    def _start_daemon(self) -> None:
        """As the role configures it, without what only root could do."""
        note = shlex.quote(str(self.root / "trigger/pushed"))
        secrets, config = self.directory / "secrets", self.directory / "rsyncd.conf"
        secrets.write_text(f"iepc:{SECRET}\n")
        secrets.chmod(0o600)
        # `rsync -a`, as the bench pushes where nothing is activated, asks for links, owners and devices.
        refused = f"refuse options = {' '.join(refused_options())}\n" if self._activate_notes else ""
        owner = f"uid = {os.getuid()}\ngid = {os.getgid()}\n" if os.getuid() == 0 else ""
        config.write_text(
            f"port = {self.rsync_port}\naddress = 127.0.0.1\nlog file = {self.directory / 'rsyncd.log'}\n"
            f"reverse lookup = no\n[prep]\npath = {self.root / 'incoming'}\nuse chroot = no\n{owner}"
            f"read only = no\nwrite only = yes\nlist = no\nauth users = iepc\nsecrets file = {secrets}\n"
            f"lock file = {self.directory / 'lock'}\nmax connections = 10\ntimeout = 30\nmunge symlinks = no\n"
            f"{refused}"
            'post-xfer exec = [ "$RSYNC_EXIT_STATUS" != 0 ] || '
            f'{{ rm -f {note}; set -C; echo "$RSYNC_HOST_ADDR" > {note}; }}\n'
        )
        argv = ["rsync", "--daemon", "--no-detach", f"--config={config}"]
        self._daemon = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        wait_until(lambda: listening(self.rsync_port), f"{self.name}: rsync does not listen")

    def _start_web(self) -> None:
        root = self.root

        class Handler(http.server.SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def translate_path(self, path: str) -> str:
                if path == "/status.json":
                    return str(root / "state/status.json")
                return super().translate_path(path)

            def log_message(self, *words: Any) -> None:
                pass

        def handler(*words: Any) -> Handler:
            return Handler(*words, directory=str(root / "current"))

        self._web = http.server.ThreadingHTTPServer(("127.0.0.1", self.http_port), handler)  # type: ignore[arg-type]
        threading.Thread(target=self._web.serve_forever, args=(0.05,), daemon=True).start()

    def _wait_for_notes(self) -> None:
        note = self.root / "trigger/pushed"
        while not self._stop.wait(NOTE_POLL_S):
            if self._activate_notes and note.exists():
                self.activate()


def listening(port: int) -> bool:
    """Return whether somebody takes connections there."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


def wait_until(holds: Any, otherwise: str, seconds: float = 20) -> None:
    """Wait for something that can be asked for."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


@contextlib.contextmanager
def running(count: int, directory: Path, keys: KeyRing, **options: Any) -> Iterator[list[LoopbackMirror]]:
    """Have that many mirrors."""
    activator = install_activator(directory / "activator")
    made = [LoopbackMirror(f"espejo{n:02d}", directory / f"m{n:02d}", activator, keys, **options) for n in range(count)]
    try:
        for one in made:
            one.start()
        yield made
    finally:
        for one in made:
            one.stop()
