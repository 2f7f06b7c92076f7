"""AWS Identity and Access Management: roles and who may assume them.

Inline policies are kept and shown, but nothing evaluates them; users, groups, managed policies and instance profiles
are left out.
"""

from eslabon.support.iam.service import Iam

__all__ = ["Iam"]
