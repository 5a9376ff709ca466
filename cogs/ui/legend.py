"""What the emojis do here, as one sentence: in `/help`, in setup, and once under the first result of a channel."""

from bot.domain.reaction_rules import ReactionAction, ReactionRules
from cogs.ui import texts


def reaction_legend(settings: ReactionRules) -> str:
    """Return what members can do with emojis on results here, as one line of a message."""
    if not settings.is_on:
        return str(texts.LEGEND_OFF)
    has_gallery = settings.gallery_channel is not None
    shown = [
        (rule.shown, str(texts.LEGEND_ACTIONS[rule.action]))
        for rule in settings.rules.values()
        if has_gallery or rule.action is not ReactionAction.GALLERY
    ]
    return texts.legend_of(shown) if shown else str(texts.LEGEND_OFF)


def channel_legend(settings: ReactionRules, *, answers_words: bool) -> str:
    """Return what stands once under the first result of a channel, as small print."""
    seeded = settings.seeded()
    legend = reaction_legend(
        ReactionRules(rules={rule.emoji: rule for rule in seeded}, gallery_channel=settings.gallery_channel)
    )
    return texts.small(f"{legend} {texts.LEGEND_WORDS}" if answers_words else legend)
