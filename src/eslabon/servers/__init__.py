"""Data planes on loopback sockets over the cores of the services; only `Cloud.serve` imports them."""
