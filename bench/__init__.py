"""Ratios against a baseline and against peers, never absolute times."""
