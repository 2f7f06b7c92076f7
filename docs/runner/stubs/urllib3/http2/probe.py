"""The two names that urllib3 imports; leaves out probing."""


def acquire_and_get(host, port):
    return None


def set_and_release(host, port, supports_http2):
    return None
