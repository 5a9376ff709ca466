"""A job's card in Discord: how it looks, and how results reach it."""

from bot.delivery.card import card_embed, state_word
from bot.delivery.delivery import Delivery
from bot.delivery.links import DiscordLinks

__all__ = ["Delivery", "DiscordLinks", "card_embed", "state_word"]
