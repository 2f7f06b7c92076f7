"""Step Functions: the Amazon States Language and the service that runs it."""
