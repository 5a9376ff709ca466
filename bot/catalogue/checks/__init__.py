"""Checks of an input: its values, rules, cautions, and suggestions for autocomplete."""
