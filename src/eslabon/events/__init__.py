"""EventBridge event buses (what AWS now calls Custom Event Bus - Classic, and the default bus)."""
