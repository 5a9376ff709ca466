"""Moderators' decisions by buttons: approvals, refunds, reviews; and /studio settings."""
