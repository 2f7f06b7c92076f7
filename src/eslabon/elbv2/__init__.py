"""Elastic Load Balancing, version 2: Application, Network and Gateway Load Balancers and their target groups."""

from eslabon.elbv2.explain import explain
from eslabon.elbv2.flows.client import BytesServer, connect
from eslabon.elbv2.flows.explaining import explain_flow

__all__ = ["BytesServer", "connect", "explain", "explain_flow"]
