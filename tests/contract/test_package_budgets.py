"""The size of each package has a bound that is only ever lowered."""

from __future__ import annotations

import tomllib

from tools.budgets import TABLE, Size, excesses, lowered, size_of

MODULE = '''"""What it is about."""

# Why.
def twice(number: int) -> int:
    """Return it twice."""
    return 2 * number  # credits
'''


def test_comments_docstrings_and_layout_are_no_tokens() -> None:
    assert size_of(MODULE) == Size(6, 14)


def test_a_string_that_is_a_value_is_a_token() -> None:
    assert size_of('A = """text"""\nB = ("x",\n    "y")\n').tokens == 3 + 7


def test_a_package_above_its_budget_is_named_with_by_how_much() -> None:
    found = {"bot/a": Size(10, 105), "bot/b": Size(5, 50), "bot/new": Size(7, 70)}
    assert excesses(found, {"bot/a": Size(8, 100), "bot/b": Size(5, 50)}) == [
        "bot/a is 2 lines above its 8 and 5 tokens above its 100.",
        "bot/new has no budget: it brings 7 lines, 70 tokens; pay for them elsewhere.",
    ]


def test_lowering_never_raises_a_number_and_forgets_packages_that_are_gone() -> None:
    text = f'[a]\nx = 1\n\n{TABLE}\n# Why.\n"bot/a" = [10, 100]\n"bot/gone" = [1, 1]\n\n[b]\ny = 2\n'
    allowed = {"bot/a": Size(10, 100), "bot/gone": Size(1, 1)}
    new = lowered(text, {"bot/a": Size(12, 90), "sandbox": Size(3, 30)}, allowed)
    assert tomllib.loads(new) == {
        "a": {"x": 1},
        "tool": {"cannon-bot": {"budgets": {"bot/a": [10, 90], "sandbox": [3, 30]}}},
        "b": {"y": 2},
    }
    assert "# Why." in new
