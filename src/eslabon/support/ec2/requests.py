"""Requests to instances themselves, by address or host name, past any load balancer. HTTPS is left out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from eslabon.errors import NotModelled
from eslabon.network import PATIENCE, Call, Endpoint, Result, Unreachable, serve, timed_out
from eslabon.support.ec2.interfaces import Interface, private_name, public_name
from eslabon.support.ec2.reaching import Reaching

if TYPE_CHECKING:
    from eslabon.cloud import Cloud

LATENCY = 0.001  # seconds there and back; code takes none but what it waits


class Requests(Reaching):
    """What answers at the addresses and names of instances."""

    def __init__(self, cloud: Cloud, account: str, region: str) -> None:
        super().__init__(cloud, account, region)
        cloud.network.resolvers.append(self._endpoint)

    def _endpoint(self, name: str) -> Endpoint | None:
        """What takes requests to a host name or address: an instance."""
        for instance in self.instances.values():
            if instance.state != "terminated" and self._address(instance.interface, name):
                return partial(self.visit, instance.interface, name)
        return None

    def _address(self, interface: Interface, name: str, client: str = "") -> str | None:
        """The address to which a name of an interface leads a client; in the VPC that is the private one."""
        if name in (interface.address, private_name(interface.address, self.region)):
            return interface.address
        if interface.public and name == public_name(interface.public, self.region):
            return interface.address if client in self.interfaces else interface.public
        return interface.public if name == interface.public else None

    def visit(self, interface: Interface, name: str, call: Call) -> Result:
        """A client's call to an instance, by one of its names. Raises Unreachable and TimeoutError, as clients do.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html

        >>> from eslabon import Cloud
        >>> ec2 = Cloud().service("ec2")
        >>> web = ec2.new_interface(next(iter(ec2.subnets.values())), [ec2.default_group], "i-1", public=True)
        >>> ec2.visit(web, web.public, Call("GET", "/", [], timeout=5))  # the default group lets in only its own
        Traceback (most recent call last):
        eslabon.network.Unreachable: timed out
        """
        if call.scheme != "http":
            raise NotModelled("ec2", f"{call.scheme} to instances", ["http"])
        patience = PATIENCE if call.timeout is None else call.timeout
        address = self._address(interface, name, call.client)
        source = self.source_seen(call.client, address, call.port) if address else None
        if not source or not self.reaches(interface.address, call.port, "tcp", source):
            self.clock.sleep(patience)
            raise timed_out(call)
        host = self.cloud.network.at(interface.address, call.port)
        if host is None or host.refuse:
            raise Unreachable(ConnectionRefusedError(111, "Connection refused"))
        if host.silent:
            self.clock.sleep(patience)
            raise TimeoutError("timed out")
        with self.clock.work() as work, self.cloud.network.running_at(interface.address):
            self.clock.sleep(LATENCY + host.delay)
            found = serve(host.application, call, source)
        if call.timeout is not None and work.elapsed >= call.timeout:
            self.clock.sleep(call.timeout)
            raise TimeoutError("timed out")
        self.clock.sleep(work.elapsed)
        return found
