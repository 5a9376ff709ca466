"""Recipes: named steps in which the output of one is the input of the next."""
