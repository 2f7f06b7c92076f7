"""Which target gets a request: health, choice, stickiness and zones. Reads no clock, opens no socket."""
