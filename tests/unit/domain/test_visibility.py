"""Who may see a card, for every kind of card, member and channel."""

from __future__ import annotations

from itertools import product

import pytest

from bot.domain.server.places import CardPlace, Sight, Viewer, may_see, sees

AUTHOR, OTHER, PLACE = 42, 43, 55


def viewer(member_id: int, known: Sight, told: Sight, asked: list[int], *, is_moderator: bool) -> Viewer:
    """Return a member who knows so much of the place, and is told so much if they ask."""

    async def ask(channel_id: int) -> Sight:
        asked.append(channel_id)
        return told

    return Viewer(
        guild_id=1,
        member_id=member_id,
        is_moderator=is_moderator,
        sight=lambda _: known,
        ask=ask,
        is_shown_here=lambda _: True,
    )


@pytest.mark.parametrize(("member_id", "private", "is_moderator"), [*product((AUTHOR, OTHER), (0, 1), (0, 1))])
@pytest.mark.parametrize("sight", Sight)
async def test_a_card_is_its_authors_and_of_those_who_see_its_place(
    member_id: int, private: bool, is_moderator: bool, sight: Sight
) -> None:
    card = CardPlace(author_id=AUTHOR, private=bool(private), place_id=PLACE)
    one = viewer(member_id, sight, Sight.HIDDEN, [], is_moderator=bool(is_moderator))
    shown = not private and (sight is Sight.SEEN or (sight is Sight.GONE and bool(is_moderator)))
    assert may_see(one, card, sight) == (member_id == AUTHOR or shown)
    assert await sees(one, card) == may_see(one, card, sight)


@pytest.mark.parametrize("told", Sight)
async def test_discord_is_asked_where_only_it_knows(told: Sight) -> None:
    asked: list[int] = []
    one = viewer(OTHER, Sight.UNSURE, told, asked, is_moderator=False)
    assert await sees(one, CardPlace(author_id=AUTHOR, private=False, place_id=PLACE)) == (told is Sight.SEEN)
    assert asked == [PLACE]


@pytest.mark.parametrize(
    ("member_id", "private", "known"),
    [(AUTHOR, False, Sight.UNSURE), (OTHER, True, Sight.UNSURE), (OTHER, False, Sight.HIDDEN)],
)
async def test_discord_is_not_asked_where_it_makes_no_difference(member_id: int, private: bool, known: Sight) -> None:
    asked: list[int] = []
    one = viewer(member_id, known, Sight.SEEN, asked, is_moderator=True)
    await sees(one, CardPlace(author_id=AUTHOR, private=private, place_id=PLACE))
    assert asked == []
