"""What a dry run would change, diffuser by diffuser."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from prepctl.runner import Event, printable

STYLES = {"+": "green", "-": "red", "@": "cyan"}


class Differences:
    """An event handler that keeps the differences and the tasks that would change something."""

    def __init__(self) -> None:
        self._of: dict[str, list[tuple[str, str]]] = {}

    def __call__(self, event: Event) -> None:
        """Take one event in."""
        title = ": ".join(filter(None, (event.role, event.task)))
        told = self._of.setdefault(event.host, []) if event.host else []
        if event.kind == "runner_on_file_diff" and event.stdout.strip():
            told.append((title, printable(event.stdout).strip("\n")))
        elif event.kind == "runner_on_ok" and event.changed and not (told and told[-1][0] == title):
            told.append((title, ""))

    def show(self, console: Console) -> None:
        """Print them, in the order of hosts and tasks."""
        for host in sorted(self._of):
            for title, text in self._of[host]:
                console.print(Text(f"{host}  {printable(title)}", style="bold"), soft_wrap=True)
                for line in text.splitlines():
                    console.print(Text("    " + line, style=STYLES.get(line[:1], "")), soft_wrap=True)
