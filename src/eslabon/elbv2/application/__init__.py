"""An Application Load Balancer's data plane: from a request to its answer. Reads no clock, opens no socket."""
