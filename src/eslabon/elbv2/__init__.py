"""Elastic Load Balancing, version 2: Application, Network and Gateway Load Balancers and their target groups."""

from eslabon.elbv2.explain import explain

__all__ = ["explain"]
