"""Elastic Load Balancing's first API: Classic Load Balancers, which AWS calls the previous generation."""
