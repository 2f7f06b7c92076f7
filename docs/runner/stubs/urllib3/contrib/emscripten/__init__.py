"""Stands for urllib3's browser transport; leaves it out, because nothing in the page goes to the network."""


def inject_into_urllib3():
    pass
