from __future__ import annotations

import re

from bot import errors


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
