"""A recipe as a moderator types it, and its text kept for another try where it is not right yet."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from bot.catalogue import LiveCatalogue
from bot.domain.text import one_line
from bot.errors import InputError
from bot.generation.built_in_recipes import BUILT_IN
from bot.generation.recipe_check import check
from bot.generation.recipes import ABOUT_CHARS, Recipe, parameters_text, parse_parameters, parse_steps, steps_text
from bot.runtime.clock import Clock
from bot.store import Store

TEXT_LIFE_S = 24 * 3600.0
"""How long the text of a recipe that was not right is kept for its author."""
EXAMPLE_PARAMETERS = "prompt: what it is about"
EXAMPLE_STEPS = """\
image.generate
prompt: {prompt}
aspect_ratio: 16:9

video.generate
prompt: {prompt}
image_url: {1.image_url}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeTexts:
    """A recipe as it is typed. `replaces` is the name of the one that it is an edit of."""

    name: str = ""
    about: str = ""
    parameters: str = EXAMPLE_PARAMETERS
    steps: str = EXAMPLE_STEPS
    replaces: str | None = None


def texts_of(recipe: Recipe, *, replaces: str | None) -> RecipeTexts:
    """Return a recipe as it can be typed."""
    return RecipeTexts(
        name=recipe.name,
        about=recipe.about,
        parameters=parameters_text(recipe),
        steps=steps_text(recipe),
        replaces=replaces,
    )


class RecipeDrafts:
    """Reads recipes that were typed, and keeps their texts."""

    def __init__(self, *, catalogue: LiveCatalogue, store: Store, clock: Clock) -> None:
        self._catalogue = catalogue
        self._store = store
        self._clock = clock

    def read(self, texts: RecipeTexts, *, made_by: int) -> Recipe:
        """Return the recipe that was typed. Raises InputError with one sentence that names the place."""
        recipe = Recipe(
            name=one_line(texts.name).lower(),
            about=one_line(texts.about)[:ABOUT_CHARS],
            parameters=parse_parameters(texts.parameters),
            steps=parse_steps(texts.steps),
            made_by=made_by,
        )
        if any(recipe.name == each.name for each in BUILT_IN):
            raise InputError(f"“{recipe.name}” comes with the bot and stays as it is; give yours another name.", "name")
        check(recipe, self._catalogue.current)
        return recipe

    async def keep(self, guild_id: int, member_id: int, texts: RecipeTexts) -> str:
        """Keep the texts for their author for a day, and return the draft's id."""
        if texts.replaces is not None and await self._store.recipes.get(guild_id, texts.replaces) is None:
            texts = replace(texts, replaces=None)  # deleted meanwhile: another try makes a new one
        expires_at = self._clock.wall() + TEXT_LIFE_S
        return await self._store.drafts.keep(guild_id, member_id, {"recipe": asdict(texts)}, expires_at=expires_at)

    async def get(self, guild_id: int, member_id: int, draft_id: str) -> RecipeTexts | None:
        """Return kept texts, and keep them; None if they are not the member's, or have expired."""
        data = await self._store.drafts.get(guild_id, member_id, draft_id)
        kept = None if data is None else data.get("recipe")
        return None if kept is None else RecipeTexts(**kept)
