"""Amazon SQS: standard and FIFO queues. Message move tasks, KMS keys and throughput limits are left out."""

from eslabon.support.sqs.service import Sqs

__all__ = ["Sqs"]
