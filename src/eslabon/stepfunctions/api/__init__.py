"""The API: state machines, versions, aliases, executions, and what they write elsewhere."""
