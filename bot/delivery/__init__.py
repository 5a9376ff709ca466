"""A job's card in Discord: how it looks, and how results reach it."""

from bot.delivery.card.card import card_embed
from bot.delivery.card.states import state_word
from bot.delivery.channels.links import DiscordLinks
from bot.delivery.delivery import Delivery
from bot.delivery.surface import CardSurface

__all__ = ["CardSurface", "Delivery", "DiscordLinks", "card_embed", "state_word"]
