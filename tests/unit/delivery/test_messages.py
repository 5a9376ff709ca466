from __future__ import annotations

import pytest

from bot.delivery.channels.facts import NONCE_CHARS
from bot.delivery.channels.messages import nonce_of
from bot.domain.models import ID_LENGTH, Card, new_id


@pytest.mark.parametrize("purpose", ["result", "review", "ping", "approve", "gallery", "dm"])
def test_a_nonce_is_the_same_for_each_try_and_short_enough(purpose: str):
    subject = new_id()
    assert nonce_of(purpose, subject) == nonce_of(purpose, subject) == f"{purpose}-{subject}"
    assert nonce_of(purpose, subject) != nonce_of(purpose, new_id())


def test_a_nonce_that_discord_would_refuse_is_never_made():
    assert nonce_of("p" * (24 - ID_LENGTH), "i" * ID_LENGTH)
    with pytest.raises(ValueError, match="longer than a nonce may be"):
        nonce_of("p" * (25 - ID_LENGTH), "i" * ID_LENGTH)


@pytest.mark.parametrize("purpose", ["result", "review", "approve", "decision", "gallery", "dm"])
def test_each_recipient_has_a_nonce_of_its_own_and_each_try_the_same(purpose: str):
    subject, places = new_id(), [None, 1, 2, 2**63]
    nonces = {nonce_of(purpose, subject, place) for place in places}
    assert len(nonces) == len(places)
    assert max(map(len, nonces)) <= NONCE_CHARS
    assert nonces == {nonce_of(purpose, subject, place) for place in places}
    assert nonces.isdisjoint(nonce_of(purpose, new_id(), place) for place in places)


@pytest.mark.parametrize(
    ("place", "private", "in_channel", "ephemeral"),
    [(None, False, True, False), (2, False, True, False), (2, True, True, True), (None, True, True, True),
     (3, True, False, False), (3, False, False, False)],
)  # fmt: skip
def test_only_a_private_card_in_its_own_channel_is_ephemeral(
    place: int | None, private: bool, in_channel: bool, ephemeral: bool
):
    card = Card(
        id="c", guild_id=1, channel_id=2, author_id=4, interaction_id=5, created_at=0.0,
        message_channel_id=place, private=private,
    )  # fmt: skip
    assert card.place_id == (place or 2)
    assert (card.is_in_channel, card.is_by_token) == (in_channel, ephemeral)
