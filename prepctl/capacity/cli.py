"""`prepctl capacity`."""

from __future__ import annotations

import hashlib
import json
import os
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from prepctl.errors import PrepctlError
from prepctl.exit_codes import ExitCode

if TYPE_CHECKING:
    from prepctl.capacity.load import Step
    from prepctl.publish.mirrors import Inventory, Mirror

CONNECTIONS = (8, 32, 128)
# Beyond these a server is not serving any more.
MOST_FAILED, MOST_P99_S = 0.01, 2.0
# Readers come in waves, right after a cut: the fullest minute has so many times an hour's average.
WAVE = 3.0
ROOM = 0.8  # share of the ceiling that may be planned with
CONTROL = "bandwidth.sufficient"


def capacity(
    host: Annotated[str, typer.Argument(metavar="HOST", help="The diffuser.")],
    visitors: Annotated[int, typer.Option(min=1, help="Visitors expected in the fullest hour.")],
    yes: Annotated[
        bool, typer.Option("--yes-load-my-server", help="I know that this loads the server as far as it can serve.")
    ] = False,
    pages: Annotated[float, typer.Option(min=1, help="Pages that a visitor looks at in that hour.")] = 4,
    link: Annotated[float | None, typer.Option(min=0.1, help="The outlet's line, in Mbit/s, as contracted.")] = None,
    path: Annotated[str, typer.Option(help="The page that is looked at.")] = "/",
    plain: Annotated[bool, typer.Option("--http", help="Over HTTP, not HTTPS.")] = False,
    seconds: Annotated[int, typer.Option(min=2, max=30, help="Of each of the three steps of load.")] = 8,
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Directory with diffusers.ini.")] = Path("."),
    inventory: Annotated[Path | None, typer.Option("--inventory", "-i", help="Another than diffusers.ini.")] = None,
    vault_password_file: Annotated[
        Path | None, typer.Option("--vault-password-file", help="File or program with the vault's password.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of lines.")] = False,
) -> None:
    """Measure how many pages a second a diffuser serves, and whether that is enough for the visitors expected.

    Never within the call's days of publication. From here, so what is measured is the server and the way to it;
    the control node is exempt from the limits per source. The result is written to capacity/ in the workspace, with
    the lines that make it evidence for clause II.5.
    """
    from prepctl.capacity.load import load, wrk
    from prepctl.capacity.page import weigh
    from prepctl.publish import mirrors
    from prepctl.workspace import Workspace

    if not yes:
        raise PrepctlError("this loads the server as far as it can serve: say --yes-load-my-server if that is wanted")
    if not path.startswith("/") or not path.isprintable() or not path.isascii() or " " in path:
        raise PrepctlError(f"--path: expected a path as in a URL, got {path!r}")
    opened = Workspace.open(workspace, inventory)
    known = mirrors.load(opened, host, vault_password_file, None)
    if len(known.mirrors) != 1:
        raise PrepctlError(f"{host}: expected one diffuser, got {len(known.mirrors)}")
    _refuse_the_window(known, time.time())
    wrk()
    mirror, scheme = known.mirrors[0], "http" if plain else "https"
    page = weigh(mirror, path, scheme)
    steps: list[Step] = []
    for connections in CONNECTIONS:
        _refuse_the_window(known, time.time() + seconds)
        steps.append(load(mirror, scheme, page.paths, connections, seconds))
        if steps[-1].failed > MOST_FAILED or steps[-1].p99_s > MOST_P99_S:
            break
    found = judged(steps, len(page.paths), page.weight, visitors, pages, link)
    at = datetime.now(ZoneInfo(str(known.call["zone"])))
    document: dict[str, Any] = {
        "schema": 1, "verb": "capacity", "diffuser": mirror.name, "at": at.isoformat(timespec="seconds"),
        "scheme": scheme, "page": {"paths": page.paths, "bytes": page.weight},
        "steps": [vars(step) for step in steps], **found,
    }  # fmt: skip
    file = _write(opened.directory, mirror, at, document)
    code = ExitCode.OK if found["enough"] else ExitCode.CONTROL_FAILED
    if as_json:
        typer.echo(json.dumps({**document, "exit_code": int(code), "file": str(file)}, ensure_ascii=False, indent=2))
    else:
        typer.echo(_told(mirror, document, file, opened.directory, at))
    raise typer.Exit(int(code))


def _refuse_the_window(known: Inventory, now: float) -> None:
    """Not while results are published.

    :raises PrepctlError: they are, at that moment.
    """
    if known.opening <= now < known.closing:
        until = datetime.fromtimestamp(known.closing, ZoneInfo(str(known.call["zone"])))
        raise PrepctlError(f"no load on a server that publishes results: not until {until:%Y-%m-%d %H:%M}")


def judged(
    steps: list[Step], files: int, weight: int, visitors: int, pages: float, link: float | None
) -> dict[str, Any]:
    """Compare what was measured with what is expected.

    :param files: requests of one page; ``weight`` its bytes on the line.
    :param visitors: of the fullest hour, each of whom looks at ``pages`` pages.
    :param link: Mbit/s of the outlet's line, if it is known.
    """
    # A step in which too many failed is beyond the ceiling.
    served = [step.requests_s * (1 - step.failed) for step in steps if step.failed <= MOST_FAILED] or [0.0]
    ceiling = max(served) / max(1, files)
    wanted = visitors * pages / 3600 * WAVE
    needed = wanted * weight * 8 / 1e6
    seen = max((step.bytes_s for step in steps), default=0) * 8 / 1e6
    enough = wanted <= ROOM * ceiling and (link is None or needed <= ROOM * link)
    return {
        "expected": {"visitors_hour": visitors, "pages_each": pages, "pages_s": round(wanted, 2)},
        "ceiling_pages_s": round(ceiling, 2), "needed_mbit_s": round(needed, 2), "seen_mbit_s": round(seen, 1),
        "link_mbit_s": link, "enough": enough,
    }  # fmt: skip


def _write(directory: Path, mirror: Mirror, at: datetime, document: dict[str, Any]) -> Path:
    """Write the result into the workspace, whole or not at all."""
    place = directory / "capacity"
    place.mkdir(exist_ok=True)
    file = place / f"{mirror.name}-{at:%Y%m%dT%H%M%S}.json"
    temporary = file.with_name(f".{file.name}-{os.getpid()}")
    temporary.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    temporary.rename(file)
    return file


def _told(mirror: Mirror, document: dict[str, Any], file: Path, workspace: Path, at: datetime) -> str:
    """The result as lines, and what makes it evidence."""
    page, expected = document["page"], document["expected"]
    lines = [f"{mirror.name}: a page is {len(page['paths'])} requests and {page['bytes'] / 1024:.0f} KiB"]
    lines += [
        f"  {step['connections']:4} connections: {step['requests_s']:8.0f} requests/s, "
        f"p50 {step['p50_s'] * 1000:.0f} ms, p99 {step['p99_s'] * 1000:.0f} ms, failed {step['failed']:.1%}"
        for step in document["steps"]
    ]
    lines += [
        f"  ceiling {document['ceiling_pages_s']} pages/s; {expected['visitors_hour']} visitors in the fullest hour "
        f"want {expected['pages_s']} pages/s at its peak, which takes {document['needed_mbit_s']} Mbit/s",
        f"  {'enough' if document['enough'] else 'NOT enough'}, with a fifth of room"
        + ("" if document["link_mbit_s"] else "; the line's own limit is not known: --link says it"),
        f"written: {file}",
    ]
    if document["enough"]:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        lines += [
            f"evidence for clause II.5, in host_vars/{mirror.name}.yml, with name and post of who answers for it:",
            "prep_attestations:",
            f"  - control: {CONTROL}",
            f'    text: "Capacidad medida: {document["ceiling_pages_s"]} páginas por segundo; se esperan '
            f'{expected["pages_s"]} ({document["needed_mbit_s"]} Mbit/s)"',
            '    name: ""',
            '    post: ""',
            f'    date: "{at:%Y-%m-%d}"',
            f"    file: {file.relative_to(workspace)}",
            f"    sha256: {digest}",
        ]
    return "\n".join(lines)
