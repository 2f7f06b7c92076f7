"""Docstrings that are always empty; leaves out generating them from the resource models."""

from botocore.docs.docstring import EmptyDocstring

ActionDocstring = EmptyDocstring
AttributeDocstring = EmptyDocstring
BatchActionDocstring = EmptyDocstring
CollectionDocstring = EmptyDocstring
CollectionMethodDocstring = EmptyDocstring
IdentifierDocstring = EmptyDocstring
LoadReloadDocstring = EmptyDocstring
ReferenceDocstring = EmptyDocstring
ResourceWaiterDocstring = EmptyDocstring
SubResourceDocstring = EmptyDocstring
