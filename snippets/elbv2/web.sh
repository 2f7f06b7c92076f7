#!/bin/bash
# Amazon Linux 2023: a web server that tells which instance answers. PUT a status to a path, and the path answers it.
cat > /opt/web.py <<'END'
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import Request, urlopen

METADATA = "http://169.254.169.254/latest/"
ask = Request(METADATA + "api/token", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"}, method="PUT")
token = urlopen(ask).read().decode()


def metadata(name):
    ask = Request(METADATA + "meta-data/" + name, headers={"X-aws-ec2-metadata-token": token})
    return urlopen(ask).read().decode()


INSTANCE, ZONE = metadata("instance-id"), metadata("placement/availability-zone")
statuses = {}


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        if self.command == "PUT" and body.isdigit():
            statuses[path] = int(body)
        names = {name.lower() for name in self.headers}
        told = {
            "method": self.command,
            "path": self.path,
            "headers": {name: ",".join(self.headers.get_all(name)) for name in sorted(names)},
            "instance": INSTANCE,
            "zone": ZONE,
        }
        content = json.dumps(told, indent=2).encode() + b"\n"
        self.send_response_only(200 if self.command == "PUT" else statuses.get(path, 200))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer


ThreadingHTTPServer(("", 80), Web).serve_forever()
END
cat > /etc/systemd/system/web.service <<'END'
[Unit]
Wants=network-online.target
After=network-online.target
[Service]
ExecStart=/usr/bin/python3 /opt/web.py
Restart=always
[Install]
WantedBy=multi-user.target
END
systemctl enable --now web.service
