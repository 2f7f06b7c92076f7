"""The operations of CloudWatch Logs, one area a module."""
