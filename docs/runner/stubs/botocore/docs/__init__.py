"""Stands for botocore's documentation generator; leaves it out: a client's methods have empty docstrings in the page."""
