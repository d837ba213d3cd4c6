"""The container's health check: exits 0 while the process answers on its port."""

from __future__ import annotations

import http.client
import os
import sys


def check(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if check(int(os.environ.get("PORT", "8000"))) else 1)
