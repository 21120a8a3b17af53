"""What mkdocs does beyond reading docs/: pages written from the code, links that also hold in the repository.

A page of docs/ is read in the repository as well. So what only the site can have is asked for by comments, which
are not seen there: ``<!-- options -->`` (how a verb is called), ``<!-- calendar -->`` (the days of each call) and
``<!-- hour: opens -2h -->`` (that hour in each call).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests/checks")]

import calendars  # noqa: E402
import catalogue  # noqa: E402
import role_pages  # noqa: E402
import verbs  # noqa: E402

REPOSITORY = yaml.safe_load((TOP / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
SPANISH = ("es/", "calls/")
LINK = re.compile(r"(\]\()(\.\./[^)\s#]*|calls/|verbs/)(#[^)\s]*)?(\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the reference, and complete the way to all pages."""
    made = {f"reference/roles/{name}.md": text for name, text in role_pages.pages().items()}
    made["reference/variables.md"] = role_pages.variables()
    made["reference/controls.md"] = catalogue.page()
    for name, text in verbs.pages().items():
        page = f"verbs/{name}.md"
        if files.get_file_from_path(page) is None:
            made[page] = text
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    strangers = {PurePosixPath(file.src_uri).stem for file in files if file.src_uri.startswith("verbs/")}
    strangers -= {"index", *verbs.commands()}
    if strangers:
        raise PluginError(f"docs/verbs: prepctl has no verb {', '.join(sorted(strangers))}")
    known = [file.src_uri for file in files.documentation_pages()]
    wanted, used = _existing(config.nav or [], known)
    left = sorted(set(known) - used)
    if left:
        wanted.append({"More": left})
    config.nav = wanted
    return files


def _existing(nav: list[Any], known: list[str]) -> tuple[list[Any], set[str]]:
    """What of the navigation is there; a directory's line stands for its pages."""
    found: list[Any] = []
    used: set[str] = set()
    for entry in nav:
        title, value = next(iter(entry.items())) if isinstance(entry, dict) else (None, entry)
        if isinstance(value, list):
            value, inner = _existing(value, known)
            used |= inner
        elif value.endswith("/"):
            pages = sorted(page for page in known if page.startswith(value))
            used |= set(pages)
            # What is about one name, a verb or a role, is found by it.
            value = [page if _is_index(page) else {PurePosixPath(page).stem: page} for page in pages]
            value.sort(key=lambda entry: not isinstance(entry, str))
        elif value in known:
            used.add(value)
        else:
            value = None
        if value:
            found.append({title: value} if title else value)
    return found, used


def _is_index(page: str) -> bool:
    return page.endswith("/index.md")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in what comments ask for, and turn links into the repository to where the site has the page."""
    where = page.file.src_uri
    spanish = where.startswith(SPANISH)
    if where.startswith("verbs/"):
        name = PurePosixPath(where).stem
        if name == "index":
            markdown = markdown.replace("<!-- verbs -->", verbs.index())
        elif "<!-- options -->" in markdown:
            markdown = markdown.replace("<!-- options -->", verbs.options(name))
        elif verbs.MARK not in markdown:
            raise PluginError(f"docs/{where}: expected <!-- options -->, found none")
    markdown = calendars.filled_in(markdown, spanish)
    if where.startswith("calls/"):
        markdown = catalogue.linked(markdown)
    return LINK.sub(lambda found: found[1] + _target(found[2], where, files) + (found[3] or "") + found[4], markdown)


def _target(link: str, where: str, files: Files) -> str:
    """Where a link of the repository leads on the site: to its page there, else to the repository."""
    path = PurePosixPath("docs", where).parent.joinpath(link)
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    target = "/".join(parts)
    role = re.fullmatch(r"roles/([a-z_]+)(?:/README\.md)?", target)
    if role:
        inside = f"reference/roles/{role[1]}.md"
    elif target == "docs/calls":
        inside = "calls/dgo_2022.md"
    elif target == "docs/verbs":
        inside = "verbs/index.md"
    elif target.startswith("docs/"):
        inside = target.removeprefix("docs/")
    else:
        if not (TOP / target).exists():
            raise PluginError(f"docs/{where}: {link}: no such file in the repository")
        return f"{REPOSITORY}/blob/main/{target}"
    return "../" * (len(PurePosixPath(where).parts) - 1) + inside


CELL = re.compile(r"<td[^>]*>.*?</td>", re.DOTALL)
CODE = re.compile(r"(?<=<code>)[^<]{12,}(?=</code>)")


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Let long names break in tables; tell readers who listen the language of Spanish pages and what the dialog is."""
    output = output.replace('<div class="md-search" ', '<div class="md-search" aria-label="Search" ', 1)
    output = CELL.sub(lambda cell: CODE.sub(_breakable, cell[0]), output)
    if page.file.src_uri.startswith(SPANISH):
        output = output.replace('<html lang="en"', '<html lang="es"', 1)
    return output


def _breakable(code: re.Match[str]) -> str:
    """A name or path with places where it may break."""
    return re.sub(r"([_./])(?=[A-Za-z0-9])", r"\1<wbr>", code[0])
