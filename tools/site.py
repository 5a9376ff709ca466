"""Build the site of the documents in `build/site`: `docs/` unchanged, with the project's own pages added.

The pages about refusals are there in each language. Links between documents are adjusted; MkDocs then refuses broken
ones (`--strict`). Run by `make docs`.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
import refusal_pages  # noqa: E402 - found by the line above

SOURCE, SITE = ROOT / "build" / "site-source", ROOT / "build" / "site"
PROJECT = "project"
"""The site's folder for files outside of `docs/`."""
LINK = re.compile(
    r"(?P<before>\]\(|src=\"|srcset=\"|href=\")(?P<path>(?!https?://|mailto:|#)[^)#\"\s]+)(?P<after>[^)\"]*[)\"])"
)
OF_REPOSITORY = re.compile(
    r"\[(?:!\[[^\]]*\]\([^)]*\)|(?P<label>[^\[\]]*))\]\((?:\.\./)+(?:actions|issues|security)/[^)]*\)"
)
"""A link, or a badge, of a page that only the repository's host has: on the site, its label alone."""
OUTSIDE = re.compile(r"(?:\]\(|href=\"|<)(https?://[^)\"\s>]+)")
MARK = re.compile(r"<!-- = .+? -->")
"""Marks a number's source for a test (tests/contract/test_guides.py)."""
LOADED = re.compile(
    r"<(?:script|img|iframe)[^>]*src=\"?(https?:[^\"> ]+)|<link[^>]*stylesheet[^>]*href=\"?(https?:[^\"> ]+)"
)
SEARCHED = (
    (re.compile(r"guides/(member|moderator|host)\.md|(moving|releasing|small-machine)\.md"), "boost: 4"),
    (re.compile(r"decisions/|troubleshooting\..+\.md"), "exclude: true"),
    (
        re.compile(r"howto/|project/(?!README)|(architecture|cannon-api|design|failure-cases|performance|sandbox)\.md"),
        "boost: 0.2",
    ),
)
"""How the site's search ranks pages: answers to who uses or hosts the bot come before how it is built."""
ITEM = re.compile(r"(?:\d+\.|-) ")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def places() -> dict[str, str]:
    """Return each document's place on the site, by its path in the project."""
    inside = [path for path in (ROOT / "docs").rglob("*") if path.is_file()]
    found = {path.relative_to(ROOT).as_posix(): path.relative_to(ROOT / "docs").as_posix() for path in inside}
    return found | {path.name: f"{PROJECT}/{path.name}" for path in ROOT.glob("*.md")}


def place_of(path: str, known: Mapping[str, str]) -> str:
    """Return a file's place on the site; other files than documents become texts."""
    return known.get(path) or f"{PROJECT}/{path.replace('/', '-').lstrip('.')}.txt"


def indented(text: str) -> str:
    """Return a document with the blocks of its list items indented by four spaces, as Markdown on the site wants."""
    lines: list[str] = []
    width, has_blocks, is_code = 0, False, False
    for line in text.split("\n"):
        inside = bool(width) and line.startswith(" " * width)
        is_code ^= line.startswith("```")
        if not is_code and (marker := ITEM.match(line)):
            if has_blocks and lines[-1]:
                lines.append("")
            width, has_blocks = len(marker[0]), False
        elif line and not inside:
            width, has_blocks = 0, False
        has_blocks = has_blocks or (bool(width) and not line)
        lines.append(f"    {line[width:]}" if inside and not ITEM.match(line) else line)
    return "\n".join(lines)


def moved(text: str, path: str, known: Mapping[str, str]) -> tuple[str, set[str]]:
    """Return a document with its links for the site, and its linked files."""
    linked: set[str] = set()
    here = posixpath.dirname(known[path])

    def link(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), match["path"]))
        if (ROOT / target).is_dir():
            target = f"{target}/README.md"
        linked.add(target)
        return f"{match['before']}{posixpath.relpath(place_of(target, known), here or '.')}{match['after']}"

    parts = re.split(r"(^```.*?^```|`[^`\n]*`)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(
        part if number % 2 else MARK.sub("", LINK.sub(link, OF_REPOSITORY.sub(r"\g<label>", part)))
        for number, part in enumerate(parts)
    ), linked


def searched(place: str) -> str:
    """Return the head of a page that says how the search ranks it, '' for most."""
    ranks = (rank for pattern, rank in SEARCHED if pattern.match(place))
    return "".join(f"---\nsearch:\n  {rank}\n---\n\n" for rank in ranks)


def gather(folder: Path) -> None:
    """Write all sources of the site."""
    known, linked = places(), set[str]()
    for path, place in known.items():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if not path.endswith(".md"):
            shutil.copyfile(ROOT / path, target)
            continue
        text, found = moved(indented((ROOT / path).read_text(encoding="utf-8")), path, known)
        target.write_text(searched(place) + text, encoding="utf-8")
        linked |= found
    for name, text in refusal_pages.translated():
        (folder / name).write_text(searched(name) + text, encoding="utf-8")
    for path in linked - known.keys():
        if (ROOT / path).is_file():
            shutil.copyfile(ROOT / path, folder / place_of(path, known))


def links_outside() -> Iterator[tuple[str, str]]:
    """Yield each external link, with its document."""
    for path in sorted(path for path in places() if path.endswith(".md")):
        for url in OUTSIDE.findall(CODE.sub("", (ROOT / path).read_text(encoding="utf-8"))):
            yield url, path


def loaded_from_elsewhere(site: Path) -> list[str]:
    """Return what the built site's pages load from other hosts: nothing, for privacy."""
    pages = sorted(site.rglob("*.html"))
    return [
        f"{page.relative_to(site)}: {''.join(found)}"
        for page in pages
        for found in LOADED.findall(page.read_text(encoding="utf-8"))
    ]


def main() -> int:
    """Build the site; return the exit code. Links to other sites are listed, not followed."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    gather(SOURCE)
    built = subprocess.run(  # noqa: S603 - MkDocs of this very environment
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--clean", "--site-dir", str(SITE)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
    )
    if built.returncode != 0:
        return built.returncode
    if foreign := loaded_from_elsewhere(SITE):
        print("These pages load something from another host:", *foreign, sep="\n  ", file=sys.stderr)
        return 1
    print(f"Built {SITE.relative_to(ROOT)}/index.html. Links that leave it, which nobody has followed:")
    for url, path in sorted(set(links_outside())):
        print(f"  {url}  ({path})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
