"""One listener of an Application Load Balancer on sockets: its clients, the connections to its targets, and both."""
