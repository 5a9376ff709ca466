"""The steps of the tour, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.language import Text
from bot.sandbox.demo.tour import texts

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMED = re.compile(r"\{(#?)([a-z -]+)\}")


@dataclass(frozen=True, slots=True)
class TourStep:
    """One thing to try. The text names commands as `{image generate}` and channels as `{#gallery}`."""

    emoji: str
    heading: Text
    text: Text

    def filled(self, command: Callable[[str], str], channel: Callable[[str], str]) -> str:
        """Return the text with mentions in place of the names."""
        return _NAMED.sub(lambda named: (channel if named[1] else command)(named[2]), str(self.text))


STEPS = (
    TourStep("🖼️", texts.PICTURE, texts.PICTURE_TRY),
    TourStep("⭐", texts.REACT, texts.REACT_TRY),
    TourStep("🎲", texts.VARY, texts.VARY_TRY),
    TourStep("🎬", texts.STEP, texts.STEP_TRY),
    TourStep("📜", texts.RECIPE, texts.RECIPE_TRY),
    TourStep("💥", texts.FAULTS, texts.FAULTS_TRY),
    TourStep("🛡️", texts.MODERATE, texts.MODERATE_TRY),
    TourStep("🧭", texts.SET_UP, texts.SET_UP_TRY),
)
