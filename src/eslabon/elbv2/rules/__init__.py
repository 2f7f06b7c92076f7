"""Listener rules: their checks, their compiled form, and the decision which of them a request meets."""
