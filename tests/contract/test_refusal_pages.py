"""Each refusal has the id of a page that says why, who can change it, and what to do now, in every language."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from bot import errors
from bot.app.entry_points import describe_commands
from bot.domain.server.guild_rules import APPROVAL_LIFE_S
from bot.domain.words.cast import NAME_CHARS
from bot.generation.generations import DRAFT_LIFE_S
from bot.language import speaking, tr
from bot.language.current import parent_of
from bot.language.pages import WhyPage, filled, find, page, written
from bot.language.pages.texts import WHO
from cogs.results.post_again import KEPT_DAYS
from tests.support.command_rows import rows
from tools.readme_tables import with_refusals
from tools.refusal_pages import DOCUMENT, SEEN, seen
from tools.refusals import (
    HOSTS_OWN,
    LONG,
    LONG_SENTENCES,
    PLACEHOLDER,
    ROOT,
    Refusal,
    is_continued,
    parsed,
    refusals,
    table,
    walked,
)
from tools.translations import DOMAINS, TRANSLATED, current, missing, po_file, pot_file, template, text_of
from tools.words import messages

SENTENCES_MAX = 260
"""A new refusal takes the sentence of one that there is."""
BASES = {"BotError", "InputError", "Refused"}
"""Errors of many causes: each of their sentences has its own page."""
NUMBERS = {
    ("cast.name", "32"): NAME_CHARS,
    ("approval.expired", "24"): APPROVAL_LIFE_S / 3600,
    ("price.expired", "15"): DRAFT_LIFE_S / 60,
    ("result.link_expired", "7"): KEPT_DAYS,
    ("job.not_confirmed", "12"): 12,  # Cannon Studio's: docs/cannon-api.md
    ("recipe.name", "40"): 40,  # of the refusal itself
    ("limit.member.zero", "0"): 0,
    ("limit.server.zero", "0"): 0,
}
"""Numbers that the pages say, each as the code has it."""
WHOLE = [each for each in TRANSLATED if parent_of(each, TRANSLATED) is None]
PARTS = ("title", "cause", "do")
NUMBER = re.compile(r"(?<!UTF-)\b\d+")
MARKED = re.compile(r"`[^`]+`|\*{1,2}[^*]+\*{1,2}")
COMMANDS = {row["name"]: {each["name"] for each in row["options"]} for row in rows(describe_commands())}
OPTIONS = frozenset().union(*COMMANDS.values())


def classes() -> dict[str, str]:
    """Return the page of each error class that members read."""
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.BotError)]
    return {each.__name__: each.why for each in kinds}


def given() -> Iterator[str]:
    """Yield each id that the code gives: to a text, to a function, to an error class."""
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "cogs").rglob("*.py")]):
        for node in walked(parsed(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Text", "Plural"}:
                yield from (each.value.value for each in node.keywords if each.arg == "why")  # type: ignore[attr-defined]
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "because":
                yield from (each.value for each in node.args if isinstance(each, ast.Constant))
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Explained":
                yield from (each.value for each in node.args[1:] if isinstance(each, ast.Constant))
    yield from classes().values()


# ---------------------------------------------------------------------- every refusal has a page


def test_every_refusal_has_a_page() -> None:
    found = [each for each in refusals() if not is_continued(each)]
    assert 200 < len(found) <= SENTENCES_MAX
    assert [each for each in found if each.why not in written()] == [], 'give the text its page: Text(…, why="…")'


def test_every_error_class_has_a_page() -> None:
    without = {name for name, why in classes().items() if why not in written()}
    assert without == BASES | (HOSTS_OWN - {"StoreError", "DatabaseFailing", "DatabaseTaken"})


def test_every_id_that_the_code_gives_has_a_page_and_every_page_is_given() -> None:
    assert {each for each in given() if each} == set(written())


def test_a_long_refusal_has_its_reason() -> None:
    long = {each.why for each in refusals() if each.sentences > LONG_SENTENCES}
    assert long == set(LONG), "two sentences are enough: what happened, and what to do"
    assert not any("TOO LONG" in line for line in table())


# ---------------------------------------------------------------------- what the pages say


@pytest.mark.parametrize("why", sorted(written()))
def test_a_page_says_what_is_true_in_the_house_style(why: str) -> None:
    texts: dict[str, Any] = dict(written()[why])
    assert set(texts) - {"asked"} == {*PARTS, "who"}
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+){1,2}", why)
    assert len(texts["title"]) <= 60
    assert texts["title"][-1] not in ".!"
    assert texts["cause"][-1] + texts["do"][-1] == ".."
    assert set(texts["who"]) <= set(WHO)
    assert texts["who"]
    said = " ".join(texts[part] for part in PARTS)
    assert set(re.findall(r"\*{1,2}([^*]+)\*{1,2}", said)) <= set(messages()), "no such label"
    for each in re.findall(r"`([^`]+)`", said):
        assert each[1:] in COMMANDS or each in OPTIONS or each.startswith("cannon-bot "), each
    for number in NUMBER.findall(said):
        assert Decimal(number) == Decimal(NUMBERS[why, number])


# ---------------------------------------------------------------------- what is built of them


def test_the_document_and_the_sentences_are_those_of_the_code() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert with_refusals(document) == document, "write it with: make readme"
    assert SEEN.read_text(encoding="utf-8") == seen(), "write it with: make readme"


# ---------------------------------------------------------------------- languages


def test_the_templates_are_current() -> None:
    made = template(DOMAINS["pages"]())
    assert pot_file("pages").read_text(encoding="utf-8") == text_of(made), "run `make translations`"


@pytest.mark.parametrize("language", WHOLE)
def test_every_page_is_translated_and_names_the_same(language: str) -> None:
    catalog = current(language, template(DOMAINS["pages"]()), "pages")
    assert missing(catalog) == []
    assert po_file(language, "pages").read_text(encoding="utf-8") == text_of(catalog, language)
    for message in catalog:
        if message.id:
            marked = [Counter(MARKED.findall(str(each))) for each in (message.id, message.string)]
            assert marked[0] == marked[1], message.string
            assert (str(message.string)[-1] in ".。") is (str(message.id)[-1] == "."), message.string


def shown(why: str, language: str) -> WhyPage:
    with speaking(language):
        found = page(why)
    assert found is not None
    return found


def test_a_page_names_commands_and_buttons_as_its_reader_sees_them() -> None:
    with speaking("de"):
        post_it, key = tr("Post it"), filled("`/studio key`")
    assert post_it != "Post it"
    assert f"**{post_it}**" in shown("result.no_place", "de").do
    assert key != "`/studio key`"
    assert key in shown("key.none", "de").do
    assert shown("key.none", "de").title != shown("key.none", "en").title


# ---------------------------------------------------------------------- search


def pasted(refusal: Refusal) -> str:
    """Return a sentence in the current language as a member sees it."""
    said = tr(refusal.forms[0]) if len(refusal.forms) == 1 else refusal.forms[1]
    return "⚠️ " + PLACEHOLDER.sub("7", said.replace("`", "").replace("**", ""))


@pytest.mark.parametrize("language", ["en", *WHOLE])
def test_a_pasted_refusal_finds_its_page(language: str) -> None:
    same = Counter(form for each in refusals() for form in {each.forms})
    wrong = []
    with speaking(language):
        for each in refusals():
            if each.why and same[each.forms] == 1 and len(PLACEHOLDER.sub("", each.forms[0])) > 30:
                found = [one.id for one in find(pasted(each))[:2]]
                wrong += [] if each.why in found else [(each.why, found, pasted(each))]
    assert wrong == []


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("key.none", "key.none"),
        ("limit.member", "limit.member.day"),
        ("nsfw", "place.nsfw"),
        ("file too large", "file.too_large"),
        ("no key", "key.none"),
        ("not enough credits", "account.credits"),
        ("why is it slow", "job.slow"),
        ("too expensive", "limit.price"),
        ("refund", "refund.nothing"),
    ],
)
def test_words_find_a_page(typed: str, first: str) -> None:
    assert find(typed)[0].id == first


@pytest.mark.parametrize(
    ("language", "typed", "first"),
    [
        ("de", "Du hast dein Limit erreicht", "limit.member.day"),
        ("de", "zu teuer", "limit.price"),
        ("fr", "trop cher", "limit.price"),
        ("es", "demasiado caro", "limit.price"),
        ("pt-BR", "muito caro", "limit.price"),
        ("ja", "高すぎる", "limit.price"),
    ],
)
def test_words_of_other_languages_find_a_page(language: str, typed: str, first: str) -> None:
    with speaking(language):
        assert find(typed)[0].id == first


def test_nothing_typed_offers_all_and_nonsense_none() -> None:
    assert len(find(" ")) == len(written())
    assert find("xyzzy") == []
    assert find("my picture is blurry") == [], "a common word or two is no sign"
