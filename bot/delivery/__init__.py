"""A job's card in Discord: how it looks, and how results reach it."""

from bot.delivery.card import card_embed, state_word
from bot.delivery.fresh_links import DiscordLinks
from bot.delivery.poster import Delivery

__all__ = ["Delivery", "DiscordLinks", "card_embed", "state_word"]
