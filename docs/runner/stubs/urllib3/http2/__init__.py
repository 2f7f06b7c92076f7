"""Stands for urllib3's HTTP/2; leaves it out."""


def inject_into_urllib3():
    raise NotImplementedError
