"""What can be read on the demo's page, and which of its words are English in a page of another language."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from playwright.async_api import Page

from bot.catalogue import OPERATIONS
from bot.generation.recipes.recipes import BUILT_IN
from bot.language import LANGUAGES, own_name
from sandbox import texts as sandbox_texts
from sandbox.demo.furniture.people import PEOPLE
from sandbox.demo.furniture.players import PLAYERS
from sandbox.demo.furniture.server import POSTCARD, ROOMS

LOCALES = Path(__file__).resolve().parents[2] / "bot" / "language" / "locales"
READ = """
() => {
  const seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const around = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim();
    if (text && around.checkVisibility({visibilityProperty: true}) && !around.closest("script, style"))
      seen.push(text);
  }
  for (const each of document.querySelectorAll("[placeholder], [aria-label], [title], img[alt]")) {
    if (!each.checkVisibility({visibilityProperty: true})) continue;
    for (const name of ["placeholder", "aria-label", "title", "alt"])
      if (each.getAttribute(name)) seen.push(each.getAttribute(name));
  }
  for (const each of document.querySelectorAll("input, textarea"))
    if (each.checkVisibility({visibilityProperty: true})) seen.push(each.value);
  return [...new Set(seen)];
}
"""
"""All that is shown or read aloud: texts, values, placeholders, labels for screen readers, and alt texts."""
WORD = re.compile(r"[A-Za-z\u00c0-\u024f]{3,}")
NO_WORDS = re.compile(
    r"https?://\S+|\S+\.(?:png|jpg|mp4|mp3|wav|json|csv|txt|zip|glb|webp)\b"  # links and files
    r"|#\w[\w-]*|\b[A-Z0-9]{10}\b|\bcs_\w+|\breq_\w+"  # faults on demand, channels, ids, keys
    r"|\b[a-z0-9]+(?:[._/:-][a-z0-9]+)+\b"  # operations, providers' models, scopes of a key
)
BRANDS = (
    "Cannon Studio", "Cannon Demo", "cannon-bot demo", "Discord", POSTCARD,
    *(each.account.capitalize() for each in PEOPLE), *(each.name for each in (*PLAYERS, *BUILT_IN)),
)  # fmt: skip
CANNONS_OWN = tuple(said for said in vars(sandbox_texts).values() if isinstance(said, str) and " " in said)
"""What Cannon Studio itself says, in English: why a request failed."""
REWRITTEN = re.compile(
    r", (?:in soft morning light|lit from behind|under a bright) .+? frame\.|, (?:in soft|lit from|under a) .*…"
)
"""What the simulated Cannon Studio adds to a prompt that it rewrites."""


async def read(page: Page) -> list[str]:
    """Return every text that a visitor of the page reads or hears now."""
    found: list[str] = await page.evaluate(READ)
    return found


@functools.cache
def _catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO((LOCALES / f"{language}.po").read_bytes()))


def _words(texts: Iterable[str]) -> set[str]:
    return {word.casefold() for text in texts for word in WORD.findall(text)}


def _flat(text: object) -> Iterator[str]:
    yield from [text] if isinstance(text, str) else text if isinstance(text, list | tuple) else ()


@functools.cache
def english_words(language: str) -> frozenset[str]:
    """Return the words of the English messages that no message in this language has."""
    messages = [each for each in _catalogue(language) if each.id]
    ours = _words(text for each in messages for text in _flat(each.id))
    return frozenset(ours - _words(text for each in messages for text in _flat(each.string)))


@functools.cache
def names() -> tuple[str, ...]:
    """Return what has one name in every language, longest first: models, brands, people, channels, languages."""
    models = {model.name for operation in OPERATIONS for model in operation.models}
    return tuple(
        sorted({*models, *map(own_name, LANGUAGES), *BRANDS, *(room.name for room in ROOMS)}, key=len, reverse=True)
    )


def english(said: Iterable[str], language: str, *, typed: Iterable[str] = ()) -> list[str]:
    """Return the texts with English words, each after those words; what people have typed is theirs."""
    theirs, wrong = (*sorted(typed, key=len, reverse=True), *CANNONS_OWN, *names()), []
    for text in said:
        rest = REWRITTEN.sub(" ", text)
        for name in theirs:
            rest = rest.replace(name, " ")
        if found := _words([NO_WORDS.sub(" ", rest)]) & english_words(language):
            wrong.append(f"{' '.join(sorted(found))} | {text}")
    return wrong
