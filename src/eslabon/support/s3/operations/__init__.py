"""The operations of Amazon S3, one area a module."""
