"""Requests in words: a mention of the bot becomes a job, once its author confirms the price."""
