"""AWS Lambda: Python functions that really run, in virtual time.

Versions, aliases, layers, container images, function URLs, event source mappings, concurrency limits are left out.
"""

from eslabon.support.lambda_.service import Lambda

__all__ = ["Lambda"]
