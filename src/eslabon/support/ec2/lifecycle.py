"""How instances pass from state to state in virtual time, and what listens in them meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from eslabon.errors import ServiceError
from eslabon.support.ec2.finding import lookup
from eslabon.support.ec2.instances import ACTIONS, REMEMBERED, SCRIPT, Instance, shown_state
from eslabon.support.ec2.places import Shown
from eslabon.support.ec2.state import PUBLIC, State
from eslabon.support.ec2.userdata import started


class Lifecycle(State):
    """The states of instances; a table of them is in instances.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
    """

    def _act(self, action: str, ids: Sequence[str]) -> list[Shown]:
        wanted, effects = lookup("i", ids, self._remembered()), ACTIONS[action]
        for instance in wanted:
            if instance.state not in effects:
                raise ServiceError("IncorrectInstanceState", _refusal(instance, action))
        changes = []
        for instance in wanted:
            before, effect = instance.state, effects[instance.state]
            if effect:
                when = datetime.fromtimestamp(int(self.clock.now), UTC)
                instance.reason = "" if action == "started" else f"User initiated ({when:%Y-%m-%d %H:%M:%S} GMT)"
                self._pass(instance, *effect)
            states = {"PreviousState": shown_state(before), "CurrentState": shown_state(instance.state)}
            changes.append({"InstanceId": instance.id, **states})
        return changes

    def _pass(self, instance: Instance, first: str, seconds: float, then: str) -> None:
        """Enter a state now and another one after so many seconds; what was under way is given up."""
        if instance.next:
            instance.next.cancel()
        self._enter(instance, first)
        instance.next = self.clock.call_later(seconds, lambda: self._enter(instance, then))

    def _enter(self, instance: Instance, state: str) -> None:
        instance.state, instance.changed = state, self.clock.now
        interface = instance.interface
        interface.up = state == "running"
        arn = self.arn(f"instance/{instance.id}")
        name = self.tags.get(instance.id).get("Name", instance.id)
        self.journal.record("resource", arn=arn, state=state, type="instance", name=name)
        if state == "running":
            interface.public = interface.public or self.new_address(PUBLIC)
            instance.listening = "nothing listens yet: UserData has not run"
            instance.next = self.clock.call_later(SCRIPT, lambda: self._listen(instance))
            return
        for port, host in instance.served.items():
            if self.cloud.network.at(instance.address, port) is host:
                self.cloud.network.detach(instance.address, port)
        instance.served, instance.listening = {}, "nothing listens: it does not run"
        if state == "stopped":
            self.hide(interface)
        elif state == "terminated":
            self.drop_interface(interface)

    def _listen(self, instance: Instance) -> None:
        """What UserData has started listens, but where a program of the reader's does."""
        network, address = self.cloud.network, instance.address
        served, instance.listening = started(instance.user_data, instance.id, instance.zone)
        instance.served = {port: host for port, host in served.items() if network.at(address, port) is None}
        for port, host in instance.served.items():
            network.attach(address, port, host)
        arn, ports = self.arn(f"instance/{instance.id}"), sorted(served)
        self.journal.record("listening", arn=arn, address=address, ports=ports, why=instance.listening)

    def _remembered(self) -> dict[str, Instance]:
        for instance in list(self.instances.values()):
            if instance.state == "terminated" and instance.changed + REMEMBERED <= self.clock.now:
                del self.instances[instance.id]
                self.tags.remove(instance.id)
        return self.instances


def _refusal(instance: Instance, action: str) -> str:
    if action == "stopped" and instance.state == "pending":
        return f"Instance '{instance.id}' cannot be stopped as it has never reached the 'running' state."
    return f"The instance '{instance.id}' is not in a state from which it can be {action}."
