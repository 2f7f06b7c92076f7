"""EventBridge event buses: the default bus, and what AWS now calls Custom Event Bus - Classic."""

from eslabon.events.explain import explain
from eslabon.events.undelivered import explain_deliveries

__all__ = ["explain", "explain_deliveries"]
