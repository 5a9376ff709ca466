"""Cannon Studio without HTTP: accounts, requests, answers, costs, faults."""
