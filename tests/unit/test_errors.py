from __future__ import annotations

import copy
import re

from bot import errors
from bot.errors import InputError, NoKey, Refused
from bot.language import Explained, Text, because, sentences, why_of


def drawn() -> set[tuple[str, str]]:
    """Return pairs of parent and child as the docstring of bot/errors.py draws them."""
    pairs, above = set(), {-1: "BotError"}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"([│ ]*)[├└]── (\w+)", line)
        if found is not None:
            depth = len(found[1]) // 4
            above[depth] = found[2]
            pairs.add((above[depth - 1], found[2]))
    return pairs


def test_the_drawn_tree_is_that_of_the_classes():
    there = [each for each in vars(errors).values() if isinstance(each, type) and each.__module__ == errors.__name__]
    classes = [each for each in there if issubclass(each, Exception)]
    assert drawn() == {(each.__base__.__name__, each.__name__) for each in classes if each is not errors.BotError}


def test_an_error_carries_the_page_of_its_sentence_or_of_its_class() -> None:
    gone, step = Text("Gone.", why="button.gone"), Text("Step {number}: {problem}")
    assert why_of(NoKey("Somewhere else.").sentence) == "key.none"
    assert why_of(NoKey(gone).sentence) == "button.gone"
    assert why_of(InputError("Not a link.").sentence) == ""
    assert why_of(step(number=1, problem=Refused(gone).sentence)) == "button.gone"
    assert why_of(sentences("First.", gone)) == "button.gone"
    assert why_of(copy.copy(NoKey(gone).sentence)) == "button.gone"


def test_a_function_that_makes_a_message_gives_it_its_page() -> None:
    @because("limit.price")
    def dear(price: int) -> str:
        return f"It costs {price}."

    said = dear(7)
    assert (said, why_of(said), why_of(Explained(said))) == ("It costs 7.", "limit.price", "limit.price")
