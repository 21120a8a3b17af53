"""A web server that shows what a mirror would, without a mirror behind it."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path
from typing import Any

from prepctl.publish.mirrors import Mirror
from prepctl.publish.stage import Cut


class FakeMirror:
    """A web server that shows what a mirror would."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self.status: dict[str, Any] = {"state": "zero", "cut": None, "serial": 4, "last_refusal": None}
        self.answers: dict[str, int] = {}
        """Statuses that paths are answered with instead of their content; "*" for all but the state's."""
        root, answers = str(directory), self.answers

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *words: Any) -> None:
                super().__init__(*words, directory=root)

            def do_GET(self) -> None:
                path = self.path.split("?")[0]
                status = answers.get(path, 200 if path == "/status.json" else answers.get("*", 200))
                if status == 200:
                    super().do_GET()
                else:
                    self.send_error(status)

            def log_message(self, *words: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.tell()

    def tell(self, **changes: Any) -> None:
        self.status.update(changes)
        (self.directory / "status.new").write_text(json.dumps(self.status))
        (self.directory / "status.new").rename(self.directory / "status.json")

    def show(self, cut: Cut) -> None:
        for source in [path for path in cut.directory.rglob("*") if path.is_file()]:
            target = self.directory / source.relative_to(cut.directory)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
        self.tell(cut=cut.cut, state="cut", serial=self.status["serial"] + 1)

    def refuse(self, cut: Cut, reason: str) -> None:
        serial = self.status["serial"] + 1
        self.tell(last_refusal={"manifest_sha256": cut.sha256, "reason": reason, "serial": serial}, serial=serial)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def mirror_at(http: int, name: str = "uno") -> Mirror:
    """Return a mirror with a web server on that port of this machine, and nothing on 443."""
    return Mirror(name, "127.0.0.1", f"{name}.example", "iepc", "secreto", http=http, https=1)
