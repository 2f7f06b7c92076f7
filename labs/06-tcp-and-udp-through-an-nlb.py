# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] lang="es"
# ## 1. Una cuenta vacía {#lab-start}
#
# `activate()` hace que el código de boto3 de este cuaderno hable con una nube de prueba: una cuenta vacía, con su
# propio reloj. Para empezar de nuevo, ejecuta otra vez todas las celdas, desde esta.

# %% [markdown] lang="en"
# ## 1. An empty account {#lab-start}
#
# `activate()` makes the boto3 code in this notebook talk to a practice cloud: an empty account with a clock of its
# own. To start over, run all cells again from this one.

# %%
import random
import socket
import sys
import time
from collections import Counter
from html import escape
from ipaddress import ip_address

import boto3
from eslabon import activate
from eslabon.elbv2 import BytesServer, connect
from eslabon.elbv2.flows.hashing import FIELDS, Packet, flow_hash, spread

cloud = activate().start()
ec2 = boto3.client("ec2")
elb = boto3.client("elbv2")

# %% [markdown] lang="es"
# Los textos que se imprimen y se dibujan van aparte, para que el resto del código sea el mismo en todos los
# idiomas.

# %% [markdown] lang="en"
# The texts that are printed and drawn are kept apart, so that the rest of the code is the same in every language.

# %% lang="es" tags=["labels"]
TEXT = {
    "heard": "{name}: {size} bytes de {client}",
    "through": "{name}: {size} bytes de {client}, a través de {node}",
    "targets": "destinos por {protocol} desde el puerto {port}: {count}",
    "alive": "tras {seconds} s de silencio: contesta",
    "cut": "tras {seconds} s de silencio: RST",
    "silence": "UDP desde el puerto {port}: nadie contesta",
    "answer": "UDP desde el puerto {port}: contesta",
    "kept": "conexiones que siguen: {kept}; cortadas: {cut}",
    "new": "conexiones nuevas para {name}: {count}",
    "hashed": "{flows} flujos por hash: de {least} a {most} por destino",
    "title": "Flujos que recibe cada uno de diez destinos",
    "panel": "{flows} flujos: de {least} a {most}",
    "thousands": "\u00a0",
    "skipped": "Aquí no: un navegador no da sockets. Descarga el cuaderno y ejecútalo en tu ordenador.",
    "sockets": "{protocol} por 127.0.0.1: contestan {count} servidores",
    "left": "recursos que quedan en la nube: {resources}",
}

# %% lang="en" tags=["labels"]
TEXT = {
    "heard": "{name}: {size} bytes from {client}",
    "through": "{name}: {size} bytes from {client}, through {node}",
    "targets": "{protocol} targets from port {port}: {count}",
    "alive": "after {seconds} s of silence: it answers",
    "cut": "after {seconds} s of silence: RST",
    "silence": "UDP from port {port}: nobody answers",
    "answer": "UDP from port {port}: it answers",
    "kept": "connections that go on: {kept}; cut: {cut}",
    "new": "new connections for {name}: {count}",
    "hashed": "{flows} flows by hash: {least} to {most} per target",
    "title": "Flows that each of ten targets gets",
    "panel": "{flows} flows: {least} to {most}",
    "thousands": ",",
    "skipped": "Not here: a browser has no sockets. Download the notebook and run it on your computer.",
    "sockets": "{protocol} over 127.0.0.1: {count} servers answer",
    "left": "resources left in the cloud: {resources}",
}

# %% [markdown] lang="es"
# ## 2. Un juego {#lab-game}
#
# Un juego en línea tiene dos clases de tráfico. El chat va por TCP, en el puerto 7000: debe llegar entero y en orden.
# Las posiciones van por UDP, en el 7001: solo importa la última, y si una se pierde da igual.
#
# Tres instancias, `alpha`, `beta` y `gamma`, atienden las dos cosas. Un `BytesServer` recibe unos bytes y contesta con
# otros; este dice cuántos le han llegado y desde qué dirección.

# %% [markdown] lang="en"
# ## 2. A game {#lab-game}
#
# An online game has two kinds of traffic. The chat goes over TCP, on port 7000: it must arrive whole and in order. The
# positions go over UDP, on 7001: only the latest one matters, and losing one does no harm.
#
# Three instances, `alpha`, `beta` and `gamma`, serve both. A `BytesServer` gets some bytes and answers with others;
# this one says how many it got, and from which address.

# %%
default = {"Name": "default-for-az", "Values": ["true"]}
found = ec2.describe_subnets(Filters=[default])["Subnets"][0]
subnet, vpc = found["SubnetId"], found["VpcId"]
firewall = ec2.create_security_group(
    GroupName="game", Description="chat and positions", VpcId=vpc
)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=firewall, IpPermissions=[
    {
        "IpProtocol": protocol, "FromPort": 7000, "ToPort": 7001,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    }
    for protocol in ["tcp", "udp"]
])
linux = {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}
images = ec2.describe_images(Owners=["amazon"], Filters=[linux])["Images"]
newest = max(images, key=lambda image: image["CreationDate"])
launched = ec2.run_instances(
    ImageId=newest["ImageId"], InstanceType="t3.micro", MinCount=3, MaxCount=3,
    SubnetId=subnet, SecurityGroupIds=[firewall],
)["Instances"]
ids = [instance["InstanceId"] for instance in launched]
names = dict(zip(ids, ["alpha", "beta", "gamma"], strict=True))
ec2.get_waiter("instance_running").wait(InstanceIds=ids)


def counts_bytes(name):
    def answer(data, client):
        return TEXT["heard"].format(name=name, size=len(data), client=client).encode()

    return BytesServer(answer)


def host(server):
    for instance, name in names.items():
        for port in [7000, 7001]:
            cloud.host(instance, server(name), port=port)


host(counts_bytes)

# %% [markdown] lang="es"
# Un solo Network Load Balancer, con un listener y un grupo de destinos por protocolo. La comprobación de estado va por
# TCP también en el grupo UDP: un destino que no contesta a un datagrama puede estar perfectamente sano.

# %% [markdown] lang="en"
# A single Network Load Balancer, with a listener and a target group for each protocol. Health checks go over TCP even
# in the UDP group: a target that does not answer a datagram may be perfectly healthy.

# %%
balancer = elb.create_load_balancer(
    Name="game", Type="network", Subnets=[subnet], SecurityGroups=[firewall]
)["LoadBalancers"][0]
arn, dns_name = balancer["LoadBalancerArn"], balancer["DNSName"]
groups, listeners = {}, {}
for protocol, port in [("TCP", 7000), ("UDP", 7001)]:
    groups[protocol] = elb.create_target_group(
        Name=protocol.lower(), Protocol=protocol, Port=port, VpcId=vpc,
        HealthCheckProtocol="TCP",
        HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=5,
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(
        TargetGroupArn=groups[protocol], Targets=[{"Id": instance} for instance in ids]
    )
    forward = [{"Type": "forward", "TargetGroupArn": groups[protocol]}]
    listeners[protocol] = elb.create_listener(
        LoadBalancerArn=arn, Protocol=protocol, Port=port, DefaultActions=forward
    )["Listeners"][0]["ListenerArn"]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])


def wait_until_healthy():
    for group in groups.values():
        elb.get_waiter("target_in_service").wait(TargetGroupArn=group)


wait_until_healthy()

# %% [markdown] lang="es"
# ## 3. Una conexión, un destino {#lab-flows}
#
# Un navegador no da sockets, así que aquí los flujos ocurren **dentro del mismo proceso** y en tiempo virtual.
# `connect` hace lo que haría un cliente. Es una simulación de `eslabon`, y en AWS no existe; los sockets de verdad
# vienen al final.

# %% [markdown] lang="en"
# ## 3. One connection, one target {#lab-flows}
#
# A browser has no sockets, so here flows happen **within the same process** and in virtual time. `connect` does what a
# client would do. It is a simulation that belongs to `eslabon` and does not exist on AWS; real sockets come at the end.

# %%
def chat(**options):
    return connect(cloud, dns_name, 7000, **options)


def send(connection, text):
    return connection.exchange(text.encode()).decode()


one = chat()
print(send(one, "hello"))
print(send(one, "is anybody there?"))
Counter(names[chat().target] for _ in range(60))

# %% [markdown] lang="es"
# Lo que se dice en una conexión va siempre al mismo servidor. De 60 conexiones le tocan unas 20 a cada uno, pero no 20
# justas: no van por turnos, como en un ALB, sino adonde diga el *hash*.
#
# ## 4. Qué entra en el hash {#lab-hash}
#
# Un cliente abre veinte conexiones TCP, una detrás de otra, siempre desde el mismo puerto. También envía veinte
# datagramas UDP, siempre desde el mismo puerto. **Antes de ejecutar la celda**: ¿a cuántos destinos llegarán las
# conexiones? ¿Y los datagramas?

# %% [markdown] lang="en"
# What is said in one connection always goes to the same server. Of 60 connections each server gets about 20, but not
# exactly 20: servers do not take turns, as they do behind an ALB; connections go where the hash says.
#
# ## 4. What goes into the hash {#lab-hash}
#
# A client opens twenty TCP connections, one after another, always from the same port. It also sends twenty UDP
# datagrams, always from the same port. **Before you run the cell**: how many targets will the connections reach? And
# the datagrams?

# %%
def position(port):
    client = connect(cloud, dns_name, 7001, "UDP", source_port=port)
    send(client, "12,7")
    return client


tcp = {chat(source_port=50_000).target for _ in range(20)}
udp = {position(50_000).target for _ in range(20)}
print(TEXT["targets"].format(protocol="TCP", port=50_000, count=len(tcp)))
print(TEXT["targets"].format(protocol="UDP", port=50_000, count=len(udp)))

# %% [markdown] lang="es"
# Una conexión TCP empieza con un número de secuencia al azar, y ese número entra en el *hash*: la misma dirección y
# el mismo puerto pueden acabar en otro sitio. UDP no tiene ese número. Mientras el jugador no cambie de puerto, su
# servidor es siempre el mismo.
#
# **Tu turno.** El programa del juego abre ahora dos conexiones TCP, una para el chat y otra para las compras, y las dos
# deben llegar al mismo servidor. `change` cambia atributos de un grupo; busca el que hace falta.
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# [`stickiness`](https://docs.aws.amazon.com/es_es/elasticloadbalancing/latest/network/edit-target-group-attributes.html#sticky-sessions),
# de tipo `source_ip`: entonces el destino depende solo de la dirección del cliente.
#
# ```python
# change("TCP", stickiness__enabled="true", stickiness__type="source_ip")
# print(len({chat().target for _ in range(20)}))
# change("TCP", stickiness__enabled="false")
# ```
#
# Tiene un precio: si cien jugadores salen a internet por la misma dirección, los cien van al mismo servidor.
#
# </details>

# %% [markdown] lang="en"
# A TCP connection begins with a random sequence number, and that number goes into the hash: the same address and port
# may end up somewhere else. UDP has no such number. As long as a player's port does not change, the server does not
# change either.
#
# **Your turn.** The game now opens two TCP connections, one for the chat and one for purchases, and both have to reach
# the same server. `change` changes attributes of a group; find the right one.
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# [`stickiness`](https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html#sticky-sessions)
# of type `source_ip`: then the target depends on the client's address alone.
#
# ```python
# change("TCP", stickiness__enabled="true", stickiness__type="source_ip")
# print(len({chat().target for _ in range(20)}))
# change("TCP", stickiness__enabled="false")
# ```
#
# It has a price: if a hundred players share one address on the internet, all hundred go to the same server.
#
# </details>

# %%
def change(protocol, **values):
    elb.modify_target_group_attributes(TargetGroupArn=groups[protocol], Attributes=[
        {"Key": key.replace("__", "."), "Value": value} for key, value in values.items()
    ])


# change("TCP", ...)

# %% [markdown] lang="es"
# ## 5. ¿Quién llama? {#lab-address}
#
# Los servidores veían 203.0.113.7, la dirección del cliente: cuando los destinos son instancias, el NLB la conserva.
# **Rómpelo**: haz que el grupo TCP deje de hacerlo.

# %% [markdown] lang="en"
# ## 5. Who is calling? {#lab-address}
#
# The servers saw 203.0.113.7, the client's address: when targets are instances, the NLB preserves it. **Break it**:
# make the TCP group stop doing so.

# %%
change("TCP", preserve_client_ip__enabled="false")
print(send(chat(), "hi"))

# %% [markdown] lang="es"
# Ahora el servidor ve la dirección privada del nodo del balanceador. Si necesita la del cliente, existe el **protocolo
# proxy**: el balanceador escribe las direcciones al principio de la conexión, antes que nada. Actívalo sin avisar al
# servidor.

# %% [markdown] lang="en"
# Now the server sees the private address of the load balancer's node. If it needs the client's, there is the **proxy
# protocol**: the load balancer writes the addresses at the very beginning of the connection. Turn it on without telling
# the server.

# %%
change("TCP", proxy_protocol_v2__enabled="true")
print(send(chat(), "hi"))

# %% [markdown] lang="es"
# Le mandaste 2 bytes y le llegan 102. Los 100 primeros son la cabecera, y un servidor que no la espera la toma por
# datos. **Arréglalo** con uno que la lea. La cabecera solo va una vez, al principio de la conexión.

# %% [markdown] lang="en"
# You sent 2 bytes and 102 arrived. The first 100 are the header, and a server that does not expect it takes it for
# data. **Fix it** with one that reads it. The header comes only once, at the beginning of the connection.

# %%
def reads_header(name):
    def answer(data, client):
        if not data.startswith(b"\r\n\r\n\0\r\nQUIT\n"):
            return counts_bytes(name).answer(data, client)
        header = 16 + int.from_bytes(data[14:16], "big")
        source = ip_address(data[16:20])
        return TEXT["through"].format(
            name=name, size=len(data) - header, client=source, node=client
        ).encode()

    return BytesServer(answer)


host(reads_header)
one = chat()
print(send(one, "hi"))
print(send(one, "hi again"))

# %% [markdown] lang="es"
# ## 6. Callar demasiado {#lab-idle}
#
# La celda empieza por dejarlo todo como estaba: el grupo TCP vuelve a conservar la dirección del cliente. Ahora toca el
# tiempo. Un NLB recuerda cada flujo, pero no para siempre: olvida los que callan. Los de TCP, a los 350 segundos.

# %% [markdown] lang="en"
# ## 6. Silent for too long {#lab-idle}
#
# The cell first puts everything back: the TCP group preserves the client's address again. What matters now is time. An
# NLB remembers each flow, but not forever: it forgets those that are silent. With TCP, after 350 seconds.

# %%
change("TCP", preserve_client_ip__enabled="true", proxy_protocol_v2__enabled="false")


def silent(seconds):
    one = chat()
    time.sleep(seconds)
    try:
        send(one, "still there?")
        print(TEXT["alive"].format(seconds=seconds))
    except ConnectionResetError:
        print(TEXT["cut"].format(seconds=seconds))


def remember_for(seconds):
    elb.modify_listener_attributes(ListenerArn=listeners["TCP"], Attributes=[
        {"Key": "tcp.idle_timeout.seconds", "Value": str(seconds)}
    ])


remember_for(350)
silent(340)
silent(360)
remember_for(600)
silent(360)

# %% [markdown] lang="es"
# El balanceador no avisa cuando olvida: el cliente se entera al volver a hablar. Un *keepalive* de TCP cada cinco
# minutos también habría bastado, sin tocar nada en AWS.
#
# ## 7. Muere un servidor {#lab-dies}
#
# Hay treinta conexiones abiertas, y un jugador que envía su posición por UDP. **Rómpelo**: haz que justo su servidor
# deje de escuchar.

# %% [markdown] lang="en"
# The load balancer gives no notice when it forgets: the client finds out when it speaks again. A TCP keepalive every
# five minutes would have done, too, without changing anything on AWS.
#
# ## 7. A server dies {#lab-dies}
#
# There are thirty open connections, and a player who sends positions over UDP. **Break it**: make exactly that player's
# server stop listening.

# %%
host(counts_bytes)
wait_until_healthy()
opened = [chat() for _ in range(30)]
player = position(51_000)
dead = player.target
for port in [7000, 7001]:
    cloud.host(dead, None, port=port)
time.sleep(60)

kept = 0
for one in opened:
    try:
        send(one, "hello")
        kept += 1
    except ConnectionResetError:
        pass
print(TEXT["kept"].format(kept=kept, cut=len(opened) - kept))


def answers(player):
    port = player.packet.source_port
    try:
        send(player, "13,7")
        print(TEXT["answer"].format(port=port))
    except TimeoutError:
        print(TEXT["silence"].format(port=port))


answers(player)
answers(position(52_000))
time.sleep(130)
answers(player)
fresh = Counter(names[chat().target] for _ in range(20))
print(TEXT["new"].format(name=names[dead], count=fresh[names[dead]]))

# %% [markdown] lang="es"
# Cuando las comprobaciones declaran `unhealthy` al servidor, el balanceador corta sus conexiones TCP: los clientes se
# enteran, vuelven a conectarse y llegan a otro. En UDP no hay conexión que cortar, y en un grupo UDP ese corte [no se
# puede activar](https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html).
# Aquí el flujo sigue en su destino hasta que calla 120 segundos, y un juego no calla nunca.
#
# AWS no dice si su NLB hace lo mismo o lleva el siguiente datagrama a un destino sano. No cuentes con ninguna de las
# dos cosas: un programa que no recibe respuesta debe abrir otro puerto. Es otro flujo, y va a un servidor sano.
#
# ## 8. Diez millones {#lab-millions}
#
# El *hash* no mira quién está más libre. ¿Se reparten bien los flujos? Primero, con *hashes* de verdad: veinte mil
# conexiones de clientes distintos y diez destinos.

# %% [markdown] lang="en"
# Once the checks have declared the server `unhealthy`, the load balancer cuts its TCP connections: clients notice,
# connect again and reach another server. UDP has no connection to cut, and for a UDP group this [cannot be turned
# on](https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html). Here the
# flow stays with its target until it has been silent for 120 seconds, and a game is never silent.
#
# AWS does not say whether its NLB does the same, or takes the next datagram to a healthy target. Rely on neither: a
# program that gets no answer should open another port. That is another flow, and it goes to a healthy server.
#
# ## 8. Ten million {#lab-millions}
#
# The hash does not look at which target is least busy. Do the flows spread well? First, with real hashes: twenty
# thousand connections of different clients, and ten targets.

# %%
chance = random.Random(1)


def written(number):
    digits = f"{number:,}" if number >= 10_000 else str(number)
    return digits.replace(",", TEXT["thousands"])


def some_connection():
    address = f"198.51.{chance.randrange(256)}.{chance.randrange(256)}"
    ends = (address, chance.randrange(1024, 65_536), "203.0.113.1", 7000)
    return Packet("tcp", *ends, sequence=chance.getrandbits(32))


hashed = Counter(flow_hash(some_connection(), FIELDS["tcp"]) % 10 for _ in range(20_000))
print(TEXT["hashed"].format(
    flows=written(20_000), least=written(min(hashed.values())), most=written(max(hashed.values()))
))

# %% [markdown] lang="es"
# Con diez millones no hace falta calcular cada *hash*. Un buen *hash* reparte como un dado, y `spread` sortea
# directamente cuántas veces sale cada cara.

# %% [markdown] lang="en"
# For ten million there is no need to calculate every hash. A good hash spreads flows as a die would, and `spread` draws
# directly how many times each face comes up.

# %%
class Spread:
    def __init__(self, *totals, targets=10):
        weights = dict.fromkeys(range(targets), 1)
        self.panels = [
            (flows, [share.flows for share in spread(flows, weights, chance).values()])
            for flows in totals
        ]

    def panel(self, flows, counts):
        return TEXT["panel"].format(
            flows=written(flows), least=written(min(counts)), most=written(max(counts))
        )

    @property
    def alt(self):
        return f"{TEXT['title']}. {'. '.join(self.panel(*one) for one in self.panels)}."

    def _repr_svg_(self):
        parts, y = [], 52
        for flows, counts in self.panels:
            expected = flows / len(counts)
            parts.append(f'<text x="8" y="{y}" stroke="none">{escape(self.panel(flows, counts))}</text>')
            for number, count in enumerate(counts):
                height = 50 * count / expected
                parts.append(
                    f'<rect x="{12 + 46 * number}" y="{y + 104 - height:.1f}" width="34" '
                    f'height="{height:.1f}" fill-opacity="0.25"/>'
                )
            parts.append(f'<path d="M4 {y + 54}H472" stroke-dasharray="4 4" stroke-width="1.5"/>')
            y += 140
        alt = escape(self.alt)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 {y - 28}" width="480" '
            f'role="img" aria-label="{alt}" font-size="16" fill="currentColor" '
            f'stroke="currentColor"><title>{alt}</title>'
            f'<text x="8" y="20" stroke="none" font-weight="600">{escape(TEXT["title"])}</text>'
            f'{"".join(parts)}</svg>'
        )


Spread(100, 10_000, 10_000_000)

# %% [markdown] lang="es"
# La línea de trazos es lo que le corresponde a cada uno. Con cien flujos, alguno recibe más del doble que otro. Con
# diez mil apenas se nota, y con diez millones no se ve. Eso hay detrás de los
# [«millones»](../load-balancing/nlb.md#millions) que promete AWS: los flujos se reparten bien porque son muchos, no
# porque alguien mire la carga.
#
# **Tu turno.** ¿Y si tienes cien conexiones y cada destino puede con 12? Prueba `Spread(100, 100, 100)`: son tres días
# distintos.
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# Casi todos los días alguno pasa de 12, aunque la media sea 10: lo normal es desviarse en 3. Con conexiones pocas y
# largas hace falta más margen o, si hablas HTTP, un ALB, que reparte petición a petición.
#
# </details>
#
# ## 9. Sockets de verdad {#lab-sockets}
#
# En tu ordenador, `cloud.serve()` abre el mismo balanceador en 127.0.0.1, con cada listener en un puerto que elige el
# sistema, y el tiempo pasa a ser el real. Los clientes son los de siempre: el módulo `socket`, `nc` o un juego.
#
# La salida que ves se grabó así, con sockets, al construir el sitio. Si ejecutas la celda en la página, solo te dirá
# que un navegador no los da.

# %% [markdown] lang="en"
# The dashed line is what each of them should get. With a hundred flows, some target gets more than twice what another
# gets. With ten thousand it hardly shows, and with ten million it cannot be seen. That is what lies behind the
# [“millions”](../load-balancing/nlb.md#millions) that AWS promises: flows spread well because there are many of them,
# not because anybody looks at the load.
#
# **Your turn.** What if you have a hundred connections, and each target can take 12? Try `Spread(100, 100, 100)`: three
# different days.
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# On almost every day one of them gets more than 12, although the average is 10: it is normal to be off by 3. When
# connections are few and long you need more headroom or, if you speak HTTP, an ALB, which spreads request by request.
#
# </details>
#
# ## 9. Real sockets {#lab-sockets}
#
# On your computer, `cloud.serve()` opens the same load balancer on 127.0.0.1, with each listener on a port that the
# system picks, and time becomes real time. Clients are the usual ones: the `socket` module, `nc`, or a game.
#
# The output you see was recorded that way, with sockets, when the site was built. If you run the cell in the page, it
# only tells you that a browser has none.

# %%
host(counts_bytes)
wait_until_healthy()


def over_tcp(place):
    with socket.create_connection(place, timeout=5) as client:
        client.sendall(b"hello")
        return client.recv(1000)


def over_udp(place):
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(b"12,7", place)
        return client.recv(1000)


if sys.platform == "emscripten":
    print(TEXT["skipped"])
else:
    with cloud.serve() as server:
        for protocol, port, ask in [("TCP", 7000, over_tcp), ("UDP", 7001, over_udp)]:
            place = server.address("game", port)
            heard = {ask(place).decode() for _ in range(60)}
            print(TEXT["sockets"].format(protocol=protocol, count=len(heard)))
            print(min(heard))

# %% [markdown] lang="es"
# Cada vez, otro puerto de origen y otro flujo: por eso contestan los tres. Los servidores ven 127.0.0.1 porque desde
# ahí llamas. También puedes poner detrás un servidor tuyo: `cloud.host(ids[0], ("127.0.0.1", 9000), port=7000)`.
#
# ## 10. Limpieza {#lab-clean-up}
#
# Primero el balanceador; después los grupos de destinos, que no se borran con él, y las instancias. El grupo de
# seguridad, cuando ya nadie lo use.

# %% [markdown] lang="en"
# Each time there is another source port, and another flow: that is why all three answer. The servers see 127.0.0.1
# because that is where you call from. You can put a server of your own behind it, too:
# `cloud.host(ids[0], ("127.0.0.1", 9000), port=7000)`.
#
# ## 10. Clean-up {#lab-clean-up}
#
# The load balancer first; then the target groups, which are not deleted with it, and the instances. The security group
# comes last, when nothing uses it any more.

# %%
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
for group in groups.values():
    elb.delete_target_group(TargetGroupArn=group)
ec2.terminate_instances(InstanceIds=ids)
ec2.get_waiter("instance_terminated").wait(InstanceIds=ids)
while True:
    try:
        ec2.delete_security_group(GroupId=firewall)
        break
    except ec2.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "DependencyViolation":
            raise
        time.sleep(10)
print(TEXT["left"].format(resources=len(cloud.resources())))

# %% [markdown] lang="es"
# ## Comprueba lo aprendido {#lab-check}
#
# <details class="question" markdown="1">
# <summary>Añades un cuarto servidor. ¿Le llegan jugadores que ya estaban conectados por TCP?</summary>
#
# No. Un flujo conserva su destino hasta que acaba, y el cuarto solo recibe flujos nuevos. Si las conexiones duran
# horas, tardará horas en tener su parte.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>¿Podría ir el chat en el mismo grupo de destinos que las posiciones?</summary>
#
# Sí: un listener `TCP_UDP` atiende los dos protocolos en el mismo puerto, con un grupo `TCP_UDP`. Pero entonces la
# dirección del cliente se conserva siempre; no se puede desactivar.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Tu servidor detrás de un NLB ve siempre la misma dirección, 172.31.6.29. ¿De quién es?</summary>
#
# Del nodo del balanceador: no se conserva la del cliente. Es lo normal cuando los destinos son direcciones IP y el
# protocolo es TCP o TLS. Activa `preserve_client_ip.enabled`, o usa el protocolo proxy si tu servidor lo entiende.
#
# </details>

# %% [markdown] lang="en"
# ## Check yourself {#lab-check}
#
# <details class="question" markdown="1">
# <summary>You add a fourth server. Does it get players who were already connected over TCP?</summary>
#
# No. A flow keeps its target until it ends, and the fourth server only gets new flows. If connections last for hours,
# it will take hours to get its share.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Could the chat use the same target group as the positions?</summary>
#
# Yes: a `TCP_UDP` listener serves both protocols on one port, with a `TCP_UDP` group. But then the client's address is
# always preserved; that cannot be turned off.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Your server behind an NLB always sees the same address, 172.31.6.29. Whose is it?</summary>
#
# The load balancer node's: the client's is not preserved. That is normal when targets are IP addresses and the protocol
# is TCP or TLS. Turn on `preserve_client_ip.enabled`, or use the proxy protocol if your server understands it.
#
# </details>
