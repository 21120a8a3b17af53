"""Keep docs/calls/ equal to calls/: a page for each call, with a place for each clause that reports link to.

``call_pages.py`` fails when a page is stale or left over; ``call_pages.py --write`` writes them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

TOP = Path(__file__).resolve().parents[2]
PAGES = TOP / "docs/calls"
SEVERITY = {"required": "obligatorio", "recommended": "recomendado"}
SOURCE = {"host": "en el servidor", "outside": "desde fuera", "document": "en documentos"}


def page(call: dict[str, Any]) -> str:
    """Return the page of a call: for people, in Spanish, with the English beside it."""
    lines = [
        f"# {call['title']['es']}",
        "",
        f"<!-- Written by tests/checks/call_pages.py from calls/{call['id']}.yml: change that file. -->",
        "",
        f"{call['institute']['name']}, {call['institute']['unit']}. {call['document']['title']['es']}.",
        "",
        "Los textos están redactados para este proyecto; el número de cada cláusula remite a las palabras de la",
        "convocatoria.",
        "",
    ]
    for number, clause in call["clauses"].items():
        lines += [f'## <a id="{number}"></a>{number}', "", clause["es"], "", f"*{clause['en']}*", ""]
        controls = [control for control in call["controls"] if control["clause"] == number]
        for control in controls:
            where = ", ".join(SOURCE[source] for source in control["source"])
            if control.get("attestable"):
                where += "; admite declaración"
            lines.append(
                f"- `{control['slug']}`, versión {control['version']}, {SEVERITY[control['severity']]}; se comprueba "
                f"{where}: {control['text']['es']}"
            )
        if controls:
            lines.append("")
    return "\n".join(lines)


def main(write: bool) -> int:
    wanted = {}
    for path in sorted((TOP / "calls").glob("*.yml")):
        wanted[PAGES / f"{path.stem}.md"] = page(yaml.safe_load(path.read_text(encoding="utf-8")))
    found = [f"{path.relative_to(TOP)} belongs to no call" for path in PAGES.glob("*.md") if path not in wanted]
    for path, text in wanted.items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        if write:
            PAGES.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(TOP)}")
        else:
            found.append(f"{path.relative_to(TOP)} is stale: run tests/checks/call_pages.py --write")
    print("\n".join(found) or f"{len(wanted)} calls have their pages")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
