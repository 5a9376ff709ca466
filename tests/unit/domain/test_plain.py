"""What is stored as JSON comes back as it was, by the types of its fields."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.models import MediaKind
from bot.domain.plain import from_plain, to_plain
from bot.domain.words.cast import Casting, Player
from bot.domain.words.orders import OWN, Derivation, Variation


@dataclass(frozen=True, kw_only=True)
class Within:
    pair: tuple[str, int] | None = None
    kinds: frozenset[MediaKind] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Stored:
    price: Decimal
    most: Decimal | None = None
    by_kind: Mapping[MediaKind, str]
    given: Mapping[str, Any]
    inside: Sequence[Within] = ()
    number: float = 1.5


STORED = Stored(
    price=Decimal("0.125"),
    by_kind={MediaKind.IMAGE: "image_url"},
    given={"prompt": "a fox", "list": ["a", {"b": None}], "no": False},
    inside=[Within(pair=("a", "b"), kinds=frozenset({MediaKind.VIDEO, MediaKind.AUDIO})), Within()],  # type: ignore[arg-type]
)
CAST = Derivation(
    variation=Variation.ZOOM_OUT,
    orders={"prompt": "zoom"},
    casting=Casting(players=(Player(id="1", name="Ada", is_open=True),), asked=("Bo",), added={"seed": [1]}),
)


@pytest.mark.parametrize("made", [STORED, Stored(price=Decimal(1), by_kind={}, given={}, inside=[]), CAST, OWN])
def test_it_comes_back_through_json(made: Any) -> None:
    back = from_plain(type(made), json.loads(json.dumps(to_plain(made))))
    assert back == made


def test_what_was_not_stored_has_its_default() -> None:
    assert from_plain(Within, {}) == Within()
