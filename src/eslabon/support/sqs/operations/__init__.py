"""The operations of Amazon SQS, one area a module."""
