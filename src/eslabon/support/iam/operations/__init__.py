"""The operations of IAM, one area a module."""
