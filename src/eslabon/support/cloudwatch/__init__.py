"""Amazon CloudWatch: metrics, without alarms, dashboards and metric math."""

from eslabon.support.cloudwatch.service import CloudWatch

__all__ = ["CloudWatch"]
