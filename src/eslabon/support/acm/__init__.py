"""AWS Certificate Manager: certificates that are imported."""

from eslabon.support.acm.service import Acm

__all__ = ["Acm"]
