"""Every operation that words lead to has words of its own in the offer."""

from __future__ import annotations

from bot.catalogue import Catalogue
from bot.domain.models import MediaKind
from bot.generation.words.rules import _NEW, Wish, understand
from cogs.words import texts


def test_every_operation_that_is_understood_has_a_name_and_exists() -> None:
    said = ("animate", "make it night", "upscale", "subtitles", "sound of rain", "lip sync")
    kinds = [(kind,) for kind in MediaKind]
    about = [understand(each, kind, native=native) for each in said for kind in kinds for native in (True, False)]
    found = {wish.operation for wish in about if isinstance(wish, Wish)} | {operation for _, operation, _ in _NEW}
    assert found == texts.MAKES.keys()
    assert [each for each in found if Catalogue().find(each) is None] == []
