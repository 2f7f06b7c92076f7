"""Amazon S3: buckets and whole objects, as much as workflows need."""

from eslabon.support.s3.service import S3

__all__ = ["S3"]
