"""A person's terminal: a shell in tmux, of a fixed size, typed into and read back as it looks.

What is waited for is an event: the shell says through a pipe when a command has ended and how, and what a program
writes comes through another as it is written.
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

WIDTH, HEIGHT = 100, 45
PROMPT = "$ "
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07|[@-Z\\-_])|\r")


class Terminal:
    """One shell.

    :param place: a directory for the socket and the pipes, and where the shell starts.
    :param environment: what its programs have; nothing of this process's own.
    """

    def __init__(self, place: Path, environment: Mapping[str, str]) -> None:
        self._private = place / ".terminal"
        self._private.mkdir(mode=0o700)
        self._socket = self._private / "socket"
        self._ended, self._written = self._pipe("ended"), self._pipe("written")
        self._heard = ""
        (self._private / "rc").write_text(
            f"PS1='{PROMPT}'\nunset HISTFILE\n"
            # The empty line with which it starts is no command.
            f"PROMPT_COMMAND='echo $? > {self._private}/ended'\n"
        )
        (self._private / "conf").write_text("set -g history-limit 20000\nset -g status off\nset -g escape-time 0\n")
        self._tmux(
            "-f", str(self._private / "conf"), "new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT),
            "-c", str(place),
            "env", "-i", *(f"{name}={value}" for name, value in environment.items()),
            "bash", "--noprofile", "--rcfile", str(self._private / "rc"), "-i",
        )  # fmt: skip
        self._tmux("pipe-pane", f"exec cat > {self._private}/written")
        self._next(self._ended, 20)

    def close(self) -> None:
        """End the shell and what runs in it."""
        subprocess.run(["tmux", "-S", str(self._socket), "kill-server"], capture_output=True, check=False)
        for handle in (self._ended, self._written):
            os.close(handle)

    def run(self, line: str, patience: float = 600) -> tuple[int, str]:
        """Type a command and wait for its end; returns (exit code, what it looks like, the command's line first)."""
        self.start(line)
        return self.end(patience)

    def start(self, line: str) -> None:
        """Type a command and let it begin."""
        self._before = self.look().rstrip("\n").count("\n")
        self._heard = ""
        self.type(line)

    def end(self, patience: float = 600) -> tuple[int, str]:
        """Wait for the end of what was started; see :meth:`run`."""
        code = int(self._next(self._ended, patience))
        lines = self.look().rstrip("\n").split("\n")[self._before :]
        # The prompt after it may not be painted yet; before it, it is.
        if lines[-1].strip() == PROMPT.strip():
            lines.pop()
        return code, "\n".join(line.rstrip() for line in lines).rstrip()

    def type(self, text: str) -> None:
        """Type a line."""
        self._tmux("send-keys", "-l", text)
        self._tmux("send-keys", "Enter")

    def expect(self, text: str, patience: float = 120) -> None:
        """Wait until a program has written this; what it wrote before is looked at no more.

        :raises AssertionError: it did not.
        """
        until = time.monotonic() + patience
        while text not in self._heard:
            left = until - time.monotonic()
            ready = left > 0 and select.select([self._written], [], [], left)[0]
            assert ready, f"expected {text!r}, got {self._heard[-2000:]!r}"
            self._heard += _ESCAPES.sub("", os.read(self._written, 65536).decode("utf-8", "replace"))
        self._heard = self._heard.partition(text)[2]

    def look(self) -> str:
        """All that the terminal shows and has shown; a line that was wrapped is one."""
        return self._tmux("capture-pane", "-p", "-J", "-S", "-", "-E", "-")

    def screen(self) -> str:
        """What it shows now."""
        return self._tmux("capture-pane", "-p")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *arguments], capture_output=True, encoding="utf-8", check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"},
        )  # fmt: skip
        assert done.returncode == 0, f"tmux {arguments[0]}: {done.stderr}"
        return done.stdout

    def _pipe(self, name: str) -> int:
        path = self._private / name
        os.mkfifo(path, 0o600)
        # Open at both ends: no writer waits for a reader, and there is no end of file between two writers.
        return os.open(path, os.O_RDWR)

    def _next(self, handle: int, patience: float) -> str:
        """The next line of a pipe.

        :raises AssertionError: none came.
        """
        until, line = time.monotonic() + patience, b""
        while not line.endswith(b"\n"):
            left = until - time.monotonic()
            ready = left > 0 and select.select([handle], [], [], left)[0]
            assert ready, f"no end within {patience:.0f} s; the terminal shows:\n{self.screen()}"
            line += os.read(handle, 1)
        return line.decode()
