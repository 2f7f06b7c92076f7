"""Docstrings that are always empty; leaves out generating them from the service models."""


class EmptyDocstring(str):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls, "")


ClientMethodDocstring = EmptyDocstring
PaginatorDocstring = EmptyDocstring
WaiterDocstring = EmptyDocstring
