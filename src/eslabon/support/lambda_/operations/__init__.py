"""The operations of AWS Lambda but Invoke, one area a module."""
