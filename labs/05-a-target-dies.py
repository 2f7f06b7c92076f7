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
import time
from collections import Counter
from html import escape
from itertools import pairwise
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
from eslabon import activate

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
    "answers": "{count} peticiones: {statuses}",
    "removed": "fuera de la rotación a los {seconds:.0f} s, con {errors} errores",
    "state": "{name}: {state} {reason}",
    "report": "{name} contesta {status} tras {seconds:.0f} s",
    "left": "recursos que quedan en la nube: {resources}",
    "shares": "Parte de las peticiones de cada destino",
    "timeline": "Estado y peticiones de cada destino",
    "healthy": "sano",
    "other": "otro estado",
    "good": "bien",
    "bad": "error",
    "on": "entre zonas",
    "off": "solo su zona",
    "percent": "{share} %",
    "part": "{name} ({how}) {share} %",
    "row": "{name}: {states}; {good} peticiones bien, {bad} con error",
    "at": "{state} desde el segundo {seconds}",
}

# %% lang="en" tags=["labels"]
TEXT = {
    "answers": "{count} requests: {statuses}",
    "removed": "out of rotation after {seconds:.0f} s, with {errors} errors",
    "state": "{name}: {state} {reason}",
    "report": "{name} answers {status} after {seconds:.0f} s",
    "left": "resources left in the cloud: {resources}",
    "shares": "Each target's share of the requests",
    "timeline": "State and requests of each target",
    "healthy": "healthy",
    "other": "other state",
    "good": "fine",
    "bad": "error",
    "on": "cross-zone",
    "off": "own zone only",
    "percent": "{share}%",
    "part": "{name} ({how}) {share}%",
    "row": "{name}: {states}; {good} requests fine, {bad} with an error",
    "at": "{state} from second {seconds}",
}

# %% [markdown] lang="es"
# ## 2. Una tienda en dos zonas {#lab-shop}
#
# Cuatro instancias: una, `a1`, en la primera zona de disponibilidad; tres, `b1`, `b2` y `b3`, en la segunda. Ese
# desequilibrio es a propósito.
#
# En AWS instalarías la aplicación con `UserData`. Aquí la pone `cloud.host()`, para que puedas estropearla cuando
# quieras: `behave` decide qué contesta a las visitas (`page`), qué contesta a la comprobación de estado (`health`),
# si tarda (`delay`) o si rechaza las conexiones (`refuse`).

# %% [markdown] lang="en"
# ## 2. A shop in two zones {#lab-shop}
#
# Four instances: one, `a1`, in the first Availability Zone; three, `b1`, `b2` and `b3`, in the second. The imbalance
# is on purpose.
#
# On AWS you would install the application with `UserData`. Here `cloud.host()` puts it there, so that you can break
# it whenever you like: `behave` decides what it answers to visitors (`page`), what it answers to the health check
# (`health`), whether it is slow (`delay`), or refuses connections (`refuse`).

# %%
default = {"Name": "default-for-az", "Values": ["true"]}
found = ec2.describe_subnets(Filters=[default])["Subnets"]
found.sort(key=lambda subnet: subnet["AvailabilityZone"])
first, second = [subnet["SubnetId"] for subnet in found[:2]]
vpc = found[0]["VpcId"]
firewall = ec2.create_security_group(
    GroupName="shop", Description="HTTP", VpcId=vpc
)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=firewall, IpPermissions=[{
    "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
}])
linux = {"Name": "name", "Values": ["al2023-ami-2023.*-x86_64"]}
images = ec2.describe_images(Owners=["amazon"], Filters=[linux])["Images"]
newest = max(images, key=lambda image: image["CreationDate"])

servers = {}
for name, subnet in [("a1", first), ("b1", second), ("b2", second), ("b3", second)]:
    servers[name] = ec2.run_instances(
        ImageId=newest["ImageId"], InstanceType="t3.micro", MinCount=1, MaxCount=1,
        SubnetId=subnet, SecurityGroupIds=[firewall],
    )["Instances"][0]["InstanceId"]
ec2.get_waiter("instance_running").wait(InstanceIds=list(servers.values()))


def behave(name, page="200 OK", health="200 OK", **how):
    def application(environ, start_response):
        path = environ["PATH_INFO"]
        if path == "/report":
            at_work.append(name)
            time.sleep(20)
        status = health if path == "/health" else page
        start_response(status, [("Content-Type", "text/plain")])
        return [name.encode()]

    cloud.host(servers[name], application, **how)


at_work = []
for name in servers:
    behave(name)

# %% [markdown] lang="es"
# Delante, un Application Load Balancer. Cada diez segundos el balanceador pide `/health` a cada destino. Tres fallos
# seguidos lo sacan de la rotación; dos aciertos lo devuelven.

# %% [markdown] lang="en"
# In front of them, an Application Load Balancer. Every ten seconds the load balancer asks each target for `/health`.
# Three failures in a row take it out of rotation; two successes bring it back.

# %%
group = elb.create_target_group(
    Name="shop", Protocol="HTTP", Port=80, VpcId=vpc,
    HealthCheckPath="/health", HealthCheckIntervalSeconds=10, HealthCheckTimeoutSeconds=5,
    UnhealthyThresholdCount=3, HealthyThresholdCount=2,
)["TargetGroups"][0]["TargetGroupArn"]
elb.register_targets(
    TargetGroupArn=group, Targets=[{"Id": server} for server in servers.values()]
)
balancer = elb.create_load_balancer(
    Name="shop", Subnets=[first, second], SecurityGroups=[firewall]
)["LoadBalancers"][0]
arn, url = balancer["LoadBalancerArn"], f"http://{balancer['DNSName']}"
elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80,
    DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
)
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)


def ask(path="/"):
    try:
        with urlopen(url + path) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def visit(count, pause=1.0):
    answers = []
    for _ in range(count):
        answers.append(ask())
        time.sleep(pause)
    statuses = Counter(status for status, _ in answers)
    told = ", ".join(f"{status} × {times}" for status, times in sorted(statuses.items()))
    print(TEXT["answers"].format(count=count, statuses=told))
    return Counter(name for status, name in answers if status == 200)


def states():
    told = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return {
        name: one["TargetHealth"]
        for name, server in servers.items()
        for one in told
        if one["Target"]["Id"] == server
    }


def show_states():
    for name, health in states().items():
        print(TEXT["state"].format(
            name=name, state=health["State"], reason=health.get("Reason", "")
        ))


visit(40)

# %% [markdown] lang="es"
# Diez cada una. El algoritmo del grupo, `round_robin`, va por turnos y no mira la zona: en un Application Load
# Balancer el balanceo entre zonas está activado.
#
# ## 3. Un destino muere {#lab-dies}
#
# **Rómpelo.** `b2` empieza a contestar 500 a todo. Antes de ejecutar la celda: ¿cuántos segundos tardará en salir de
# la rotación, y cuántas visitas verán el error?

# %% [markdown] lang="en"
# Ten each. The group's algorithm, `round_robin`, takes turns and pays no attention to the zone: in an Application
# Load Balancer, cross-zone balancing is on.
#
# ## 3. A target dies {#lab-dies}
#
# **Break it.** `b2` begins to answer 500 to everything. Before you run the cell: how many seconds until it is out of
# rotation, and how many visitors will see the error?

# %%
began, errors = time.time(), 0
broken = "500 Internal Server Error"
time.sleep(5)
behave("b2", page=broken, health=broken)
died = time.time()
while states()["b2"]["State"] == "healthy":
    errors += ask()[0] == 500
    time.sleep(1)
print(TEXT["removed"].format(seconds=time.time() - died, errors=errors))
visit(20)
show_states()

# %% [markdown] lang="es"
# Tres comprobaciones fallidas, ni una menos. Mientras se cuentan, una de cada cuatro visitas se pierde: **un
# balanceador no evita errores, los acorta**. Después `b2` no recibe nada más que comprobaciones.
#
# ### Para verlo {#lab-timeline}
#
# El diario de la nube tiene cada petición y cada cambio de estado. Este dibujo pone una fila por destino: línea
# continua mientras está sano, de trazos mientras no, un punto por petición bien contestada y un aspa por error.

# %% [markdown] lang="en"
# Three failed checks, and no fewer. While they are counted, one visit in four is lost: **a load balancer does not
# prevent errors, it cuts them short**. After that, `b2` gets nothing but checks.
#
# ### To see it {#lab-timeline}
#
# The cloud's journal has each request and each change of state. This drawing has a row for each target: a solid line
# while it is healthy, a dashed one while it is not, a dot for each request that was answered well and a cross for
# each error.

# %%
class Timeline:
    def __init__(self, since):
        self.since, self.until = since, time.time()
        names = {f"{server}:80": name for name, server in servers.items()}
        self.requests = {name: [] for name in servers}
        self.states = {name: [(0, "healthy")] for name in servers}
        for entry in cloud.journal.of("request", "health"):
            name = names.get(entry["target"])
            when = entry.time - since
            if name is None or entry.time > self.until:
                continue
            if entry.kind == "request" and when >= 0:
                self.requests[name].append((entry["began"] - since, when, entry["status"] < 500))
            elif entry.kind == "health" and when < 0:
                self.states[name] = [(0, entry["state"])]
            elif entry.kind == "health":
                self.states[name].append((when, entry["state"]))

    @property
    def alt(self):
        rows = []
        for name, marks in self.requests.items():
            good = sum(fine for _, _, fine in marks)
            told = [TEXT["at"].format(state=state, seconds=round(when)) for when, state in self.states[name]]
            rows.append(TEXT["row"].format(
                name=name, states=", ".join(told), good=good, bad=len(marks) - good
            ))
        return f"{TEXT['timeline']}. {'. '.join(rows)}."

    def _repr_svg_(self):
        last = self.until - self.since
        parts = []

        def x(when):
            return f"{45 + 420 * when / last:.1f}"

        for number, name in enumerate(servers):
            y = 56 + 38 * number
            parts.append(f'<text x="8" y="{y + 5}" stroke="none">{name}</text>')
            changes = [*self.states[name], (last, "")]
            for (when, state), (then, _) in pairwise(changes):
                dash = "" if state == "healthy" else ' stroke-dasharray="3 5"'
                parts.append(f'<path d="M{x(when)} {y + 12}H{x(then)}" stroke-width="2.5"{dash}/>')
            for start, end, fine in self.requests[name]:
                if end - start > 1:
                    parts.append(f'<path d="M{x(start)} {y - 2}H{x(end)}" stroke-width="1.5"/>')
                shape = "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0" if fine else "M-4-4L4 4M4-4L-4 4"
                fill = "currentColor" if fine else "none"
                place = f'transform="translate({x(end)} {y - 2})"'
                parts.append(f'<path {place} d="{shape}" fill="{fill}" stroke-width="2"/>')
        y = 66 + 38 * len(servers)
        words = 'stroke="none" text-anchor'
        parts.append(f'<text x="45" y="{y}" {words}="start">0 s</text>')
        parts.append(f'<text x="465" y="{y}" {words}="end">{last:.0f} s</text>')
        y += 30
        parts.append(
            f'<path d="M8 {y - 5}h24" stroke-width="2.5"/>'
            f'<text x="40" y="{y}" stroke="none">{TEXT["healthy"]}</text>'
            f'<path d="M128 {y - 5}h24" stroke-width="2.5" stroke-dasharray="3 5"/>'
            f'<text x="160" y="{y}" stroke="none">{TEXT["other"]}</text>'
            f'<path d="M290 {y - 5}a3 3 0 1 0 6 0a3 3 0 1 0-6 0" fill="currentColor"/>'
            f'<text x="304" y="{y}" stroke="none">{TEXT["good"]}</text>'
            f'<path transform="translate(384 {y - 5})" d="M-4-4L4 4M4-4L-4 4" stroke-width="2"/>'
            f'<text x="396" y="{y}" stroke="none">{TEXT["bad"]}</text>'
        )
        alt = escape(self.alt)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 {y + 14}" width="480" '
            f'role="img" aria-label="{alt}" font-size="16" fill="currentColor" '
            f'stroke="currentColor"><title>{alt}</title>'
            f'<text x="8" y="20" stroke="none" font-weight="600">{escape(TEXT["timeline"])}</text>'
            f'{"".join(parts)}</svg>'
        )


Timeline(began)

# %% [markdown] lang="es"
# Las comprobaciones llegan cada diez segundos, y `b2` murió entre dos. Por eso tardó entre 20 y 30 segundos, y no 30
# justos.
#
# **Tu turno.** Con los mínimos que admite un Application Load Balancer (intervalo de 5 s y dos fallos), ¿cuánto
# tardaría como mucho? ¿Qué se pierde?
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# Diez segundos. A cambio, una pausa corta, como un reinicio de la aplicación, ya lo saca de la rotación, y los demás
# cargan con su parte justo cuando peor les viene.
#
# </details>
#
# ## 4. Tres maneras de estar mal {#lab-three}
#
# Ahora enferman los tres de la segunda zona, cada uno a su modo: `b1` contesta 500, `b2` tarda ocho segundos y `b3`
# rechaza las conexiones.

# %% [markdown] lang="en"
# Checks come every ten seconds, and `b2` died between two of them. That is why it took between 20 and 30 seconds, not
# exactly 30.
#
# **Your turn.** With the lowest values that an Application Load Balancer accepts (an interval of 5 s and two
# failures), how long would it take at most? What do you lose?
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# Ten seconds. In exchange, a short pause, like a restart of the application, is enough to take it out of rotation,
# and the others carry its load just when it hurts most.
#
# </details>
#
# ## 4. Three ways to be unhealthy {#lab-three}
#
# Now all three targets of the second zone go wrong, each in its own way: `b1` answers 500, `b2` takes eight seconds,
# and `b3` refuses connections.

# %%
behave("b2")
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
began = time.time()
behave("b1", page=broken, health=broken)
behave("b2", delay=8)
behave("b3", refuse=True)
visit(24)
time.sleep(10)
visit(20)
show_states()
Timeline(began)

# %% [markdown] lang="es"
# Lo que ve la visita y lo que ve la comprobación no es lo mismo:
#
# | servidor | la visita ve | el motivo (`Reason`) |
# | --- | --- | --- |
# | `b1` contesta 500 | el 500 de la aplicación | `Target.ResponseCodeMismatch` |
# | `b2` tarda 8&nbsp;s | un 200, tarde | `Target.Timeout`: más de los 5 s de `HealthCheckTimeoutSeconds` |
# | `b3` rechaza | un 502, que es del balanceador | `Target.FailedHealthChecks` |
#
# `a1` carga ahora con todo. Para eso sirve tener sitio de sobra.

# %% [markdown] lang="en"
# What the visitor sees and what the check sees are not the same:
#
# | server | the visitor sees | the reason (`Reason`) |
# | --- | --- | --- |
# | `b1` answers 500 | the application's 500 | `Target.ResponseCodeMismatch` |
# | `b2` takes 8&nbsp;s | a 200, late | `Target.Timeout`: more than the 5 s of `HealthCheckTimeoutSeconds` |
# | `b3` refuses | a 502, which is the load balancer's own | `Target.FailedHealthChecks` |
#
# `a1` now carries everything. That is what spare capacity is for.

# %%
for name in servers:
    behave(name)
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
show_states()

# %% [markdown] lang="es"
# ## 5. Todos a la vez {#lab-fail-open}
#
# **Rómpelo.** Alguien hace que `/health` consulte la base de datos. La base de datos se cae, y los cuatro destinos
# suspenden a la vez. La portada no la necesita y sigue funcionando.

# %% [markdown] lang="en"
# ## 5. All at once {#lab-fail-open}
#
# **Break it.** Somebody makes `/health` query the database. The database goes down, and all four targets fail at the
# same time. The front page does not need it, and still works.

# %%
began = time.time()
for name in servers:
    behave(name, health="503 Service Unavailable")
visit(50)
show_states()
Timeline(began)

# %% [markdown] lang="es"
# Ningún destino está sano, y aun así todos reciben peticiones y las contestan. Se llama **fail-open**: cuando no queda
# ninguno sano, el balanceador no puede saber si se equivocan los destinos o la comprobación, así que los usa todos.
# Aquí ha salvado la tienda.
#
# De aquí se aprenden dos cosas. «Un nodo que falla no recibe más peticiones» solo es verdad mientras quede otro sano.
# Y una comprobación que depende de algo que todos comparten los condena a todos a la vez.
#
# ## 6. Cada zona, lo suyo {#lab-zones}
#
# **Arréglalo**, y mira ahora la otra decisión del balanceador: si un nodo envía peticiones a destinos de otras zonas.
# Un Application Load Balancer siempre lo hace, pero un grupo de destinos puede decir que no.

# %% [markdown] lang="en"
# No target is healthy, and yet all of them get requests and answer them. That is called **fail-open**: when none is
# healthy, the load balancer cannot know whether the targets are wrong or the check is, so it uses them all. Here it
# has saved the shop.
#
# There are two lessons. “A node that fails gets no more requests” is only true while another one is healthy. And a
# check that depends on something they all share condemns them all at once.
#
# ## 6. Each zone by itself {#lab-zones}
#
# **Fix it**, and look at the load balancer's other decision: whether a node sends requests to targets in other zones.
# An Application Load Balancer always does, but a target group can say no.

# %%
for name in servers:
    behave(name)
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)


class Shares:
    def __init__(self, **series):
        self.rows = [
            (TEXT[how], name, round(100 * answers[name] / answers.total()))
            for how, answers in series.items()
            for name in servers
        ]

    @property
    def alt(self):
        told = [TEXT["part"].format(how=how, name=name, share=share) for how, name, share in self.rows]
        return f"{TEXT['shares']}: {', '.join(told)}."

    def _repr_svg_(self):
        parts, y, heading = [], 32, None
        for how, name, share in self.rows:
            if how != heading:
                heading, y = how, y + 34
                parts.append(f'<text x="8" y="{y - 8}">{escape(how)}</text>')
            parts.append(f'<text x="24" y="{y + 15}">{name}</text>')
            parts.append(f'<rect x="60" y="{y + 2}" width="{3.4 * share:.0f}" height="16" rx="2"/>')
            x, label = 68 + 3.4 * share, TEXT["percent"].format(share=share)
            parts.append(f'<text x="{x:.0f}" y="{y + 15}">{label}</text>')
            y += 26
        alt = escape(self.alt)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 {y + 4}" width="480" '
            f'role="img" aria-label="{alt}" font-size="16" fill="currentColor"><title>{alt}</title>'
            f'<text x="8" y="20" font-weight="600">{escape(TEXT["shares"])}</text>'
            f'{"".join(parts)}</svg>'
        )


def cross_zone(value):
    elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[
        {"Key": "load_balancing.cross_zone.enabled", "Value": value}
    ])
    time.sleep(60)


on = visit(120)
cross_zone("false")
off = visit(120)
Shares(on=on, off=off)

# %% [markdown] lang="es"
# El nombre del balanceador lleva a dos nodos, uno por zona, que se reparten las visitas a medias. Sin balanceo entre
# zonas la mitad de la primera es toda para `a1`, y la de la segunda es para tres. `a1` recibe el triple que los
# demás.
#
# **Tu turno.** Con el balanceo entre zonas desactivado, muere `a1`. ¿Se pierde la mitad de las visitas?

# %% [markdown] lang="en"
# The load balancer's name leads to two nodes, one for each zone, which take half of the visits each. Without
# cross-zone balancing the first one's half is all for `a1`, and the second one's is for three. `a1` gets three times
# what the others get.
#
# **Your turn.** With cross-zone balancing off, `a1` dies. Is half of all visits lost?

# %%
began = time.time()
behave("a1", page=broken, health=broken)
visit(60)
Timeline(began)

# %% [markdown] lang="es"
# Solo hasta que falla la tercera comprobación. Como la zona ya no tiene ningún destino sano, la dirección de su nodo
# **sale del DNS** y las visitas van a la otra. En AWS tarda más en notarse: los clientes guardan la respuesta del DNS
# hasta 60 segundos.
#
# ## 7. Irse sin que se note {#lab-draining}
#
# Morir no es la única forma de dejar la rotación. Para actualizar un servidor se anula su registro, y entonces empieza
# su **drenaje**: no recibe nada nuevo, pero acaba lo que tiene entre manos. Para ello tiene el tiempo de
# `deregistration_delay`, que aquí bajas de 300 a 30 segundos.
#
# Alguien pide un informe que tarda veinte segundos. A los cinco, se anula el registro justo del servidor que lo
# prepara.

# %% [markdown] lang="en"
# Only until the third check fails. As the zone then has no healthy target, its node's address **leaves DNS**, and the
# visits go to the other one. On AWS it takes longer to show: clients keep the DNS answer for up to 60 seconds.
#
# ## 7. Leaving without anybody noticing {#lab-draining}
#
# Dying is not the only way to leave the rotation. To update a server you deregister it, and then it **drains**: it
# gets nothing new, but finishes what it has in hand. For that it has as long as `deregistration_delay` says; here you
# lower it from 300 to 30 seconds.
#
# Somebody asks for a report that takes twenty seconds. After five, the very server that is preparing it is
# deregistered.

# %%
behave("a1")
cross_zone("true")
elb.get_waiter("target_in_service").wait(TargetGroupArn=group)
elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[
    {"Key": "deregistration_delay.timeout_seconds", "Value": "30"}
])


def retire():
    elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": servers[at_work[-1]]}])


began = time.time()
visit(8)
cloud.clock.call_later(5, retire)
asked = time.time()
status, name = ask("/report")
print(TEXT["report"].format(name=name, status=status, seconds=time.time() - asked))
show_states()
visit(20)
show_states()
Timeline(began)

# %% [markdown] lang="es"
# El informe llegó entero. Desde que se anuló su registro, el destino está en `draining` y no recibe visitas nuevas. A
# los 30 segundos ya no consta en el grupo, y puedes actualizarlo o apagarlo. Sin esperar, habrías cortado el informe.
#
# ## 8. Limpieza {#lab-clean-up}
#
# Primero el balanceador, después el grupo, que no se borra con él, y las instancias. El grupo de seguridad, al final:
# mientras alguien lo use no se puede borrar.

# %% [markdown] lang="en"
# The report arrived whole. Since it was deregistered, the target has been `draining` and has got no new visits. After
# 30 seconds it is no longer in the group, and you can update it or turn it off. Had you not waited, you would have
# cut the report short.
#
# ## 8. Clean-up {#lab-clean-up}
#
# The load balancer first, then the group, which is not deleted with it, and the instances. The security group comes
# last: it cannot be deleted while anything uses it.

# %%
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
elb.delete_target_group(TargetGroupArn=group)
ec2.terminate_instances(InstanceIds=list(servers.values()))
ec2.get_waiter("instance_terminated").wait(InstanceIds=list(servers.values()))
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
# <summary>Un destino falla una comprobación de cada dos. ¿Sale de la rotación?</summary>
#
# No, si el umbral es mayor que uno: cuentan los fallos seguidos, y un acierto pone la cuenta a cero. La mitad de sus
# visitas puede estar fallando. Eso lo ves en la métrica `HTTPCode_Target_5XX_Count`, no en su estado.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>¿Qué debería mirar <code>/health</code>?</summary>
#
# Lo que depende de esa instancia sola y se arregla usando otra: que el proceso conteste, que tenga disco. Lo que todas
# comparten se vigila con una alarma, no con la comprobación de estado.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Tus peticiones más largas tardan dos minutos. ¿Qué <code>deregistration_delay</code> pones?</summary>
#
# Algo más de dos minutos. Con menos, puede que las últimas no acaben. Con los 300 segundos por defecto, quien espere
# a que un servidor deje de constar como `draining` espera cinco minutos, aunque ya no tenga nada entre manos.
#
# </details>

# %% [markdown] lang="en"
# ## Check yourself {#lab-check}
#
# <details class="question" markdown="1">
# <summary>A target fails one check in two. Does it leave the rotation?</summary>
#
# No, if the threshold is above one: failures in a row count, and a success sets the count to zero. Half of its visits
# may be failing. You see that in the metric `HTTPCode_Target_5XX_Count`, not in its state.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>What should <code>/health</code> look at?</summary>
#
# What depends on that instance alone, so that using another one helps: that the process answers, that it has disk
# space. What all of them share is watched by an alarm, not by the health check.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Your longest requests take two minutes. Which <code>deregistration_delay</code> do you set?</summary>
#
# A little more than two minutes. With less, the last ones may not finish. With the default of 300 seconds, anyone who
# waits for a server to stop being shown as `draining` waits five minutes, even when it has nothing left in hand.
#
# </details>
