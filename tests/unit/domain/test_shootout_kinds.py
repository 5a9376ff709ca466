"""What kind of prompt a model won at, and the table that is made of the ends."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.plain import from_plain, to_plain
from bot.domain.server.shootouts import Shootout, ShootoutEntry, ShootoutKind, kind_of, table


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("a fox in the snow", ShootoutKind.IMAGE),
        ("a portrait of an old sailor", ShootoutKind.PORTRAIT),
        ("Porträt einer Frau", ShootoutKind.PORTRAIT),
        ("猫の肖像", ShootoutKind.PORTRAIT),
        ('a shop sign that says "OPEN"', ShootoutKind.LETTERING),
        ("a logo for a bakery", ShootoutKind.LETTERING),
        ("a portrait with the text Hello", ShootoutKind.LETTERING),
        ("una affiche", ShootoutKind.LETTERING),
        ("a context menu", ShootoutKind.IMAGE),
        ("a surface of water", ShootoutKind.IMAGE),
    ],
)
def test_a_few_words_decide_the_kind(prompt: str, kind: ShootoutKind):
    assert kind_of(prompt, is_video=False) is kind
    assert kind_of(prompt, is_video=True) is ShootoutKind.VIDEO


def entry(model: str, *, won: bool = False, credits_: str = "10", seconds: float | None = 3.0, practice: bool = False):
    return ShootoutEntry(
        job_id="J", model=model, won=won, credits=Decimal(credits_), seconds=seconds, practice=practice
    )


def ended(*entries: ShootoutEntry, kind: ShootoutKind = ShootoutKind.IMAGE) -> Shootout:
    return Shootout(guild_id=1, card_id="C", kind=kind, minutes=10, ended_at=1.0, entries=entries)


def test_the_table_counts_wins_and_credits_by_kind():
    found = table(
        [
            ended(entry("flux", won=True), entry("grok", credits_="40")),
            ended(entry("flux"), entry("grok", won=True, credits_="40")),
            ended(entry("veo", won=True), kind=ShootoutKind.VIDEO),
        ]
    )
    assert list(found) == [ShootoutKind.IMAGE, ShootoutKind.VIDEO]
    rows = [(each.model, each.wins, each.rounds, each.wins_per_100) for each in found[ShootoutKind.IMAGE]]
    assert rows == [("flux", 1, 2, Decimal(5)), ("grok", 1, 2, Decimal("1.25"))]


def test_what_has_no_result_no_name_or_was_practice_does_not_count():
    left_out = (entry("flux", seconds=None), entry(""), entry("grok", won=True, practice=True))
    assert table([ended(*left_out)]) == {}


def test_free_results_have_no_rate():
    [row] = table([ended(entry("flux", won=True, credits_="0"))])[ShootoutKind.IMAGE]
    assert row.wins_per_100 == 0


def test_an_entry_is_kept_as_it_is():
    made = entry("flux", won=True, credits_="12.5")
    assert from_plain(ShootoutEntry, to_plain(made)) == made
