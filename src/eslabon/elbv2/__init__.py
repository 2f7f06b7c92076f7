"""Elastic Load Balancing, version 2: Application, Network and Gateway Load Balancers and their target groups."""

from eslabon.elbv2.explain import explain
from eslabon.elbv2.flows.client import BytesServer, connect

__all__ = ["BytesServer", "connect", "explain"]
