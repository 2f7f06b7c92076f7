"""Amazon CloudWatch Logs: groups, streams, events, retention, resource policies.

Log classes but the standard one, encryption keys, tags, metric and subscription filters, Logs Insights are left out.
"""

from eslabon.support.logs.service import Logs

__all__ = ["Logs"]
