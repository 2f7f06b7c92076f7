"""Flows through Network and Gateway Load Balancers: hashed, remembered, ended; no socket and no clock in the cores."""
