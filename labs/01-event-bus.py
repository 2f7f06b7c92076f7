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
# `activate()` hace que el código de boto3 de este cuaderno hable con una nube de prueba: una cuenta vacía,
# con su propio reloj. Si quieres empezar de nuevo, ejecuta otra vez esta celda.

# %% [markdown] lang="en"
# ## 1. An empty account {#lab-start}
#
# `activate()` makes the boto3 code in this notebook talk to a practice cloud: an empty account with a clock
# of its own. To start over, run this cell again.

# %%
import json
import time
from html import escape

import boto3
from eslabon import activate
from eslabon.events.undelivered import explain_deliveries

cloud = activate().start()
events = boto3.client("events")
sqs = boto3.client("sqs")

# %% [markdown] lang="es"
# Los textos que se imprimen y se dibujan van aparte, para que el resto del código sea el mismo en todos los idiomas.

# %% [markdown] lang="en"
# The texts that are printed and drawn are kept apart, so that the rest of the code is the same in every language.

# %% lang="es" tags=["labels"]
LANGUAGE = "es"
TEXT = {
    "told": "pedido {order}: avisado {team}",
    "half": "pedido {order}: se quedó a medias",
    "accepted": "pedido {order}: aceptado",
    "has": "mensajes en {queue}: {messages}",
    "thanks": "Gracias, <name>: tu pedido suma <total> EUR",
    "lost": "pedido {order}: no entregado ({code})",
    "left": "recursos que quedan en la nube: {resources}",
    "title": "Entregas a lo largo del tiempo virtual",
    "alt": "Entregas a {targets}. Llegaron: {ok}. Fallaron: {failed}.",
}

# %% lang="en" tags=["labels"]
LANGUAGE = "en"
TEXT = {
    "told": "order {order}: told {team}",
    "half": "order {order}: left half done",
    "accepted": "order {order}: accepted",
    "has": "messages in {queue}: {messages}",
    "thanks": "Thank you, <name>: your order comes to <total> EUR",
    "lost": "order {order}: not delivered ({code})",
    "left": "resources left in the cloud: {resources}",
    "title": "Deliveries over virtual time",
    "alt": "Deliveries to {targets}. Arrived: {ok}. Failed: {failed}.",
}

# %% [markdown] lang="es"
# ## 2. El programa acoplado {#lab-tight}
#
# El programa de pedidos conoce las colas de todos los equipos y escribe en cada una.

# %% [markdown] lang="en"
# ## 2. The coupled program {#lab-tight}
#
# The order program knows every team's queue and writes to each of them.

# %%
queues = {}


def make_queue(name):
    queues[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
    return queues[name]


def tell_everybody(order):
    for team in ["tight-warehouse", "tight-mail", "tight-billing"]:
        sqs.send_message(QueueUrl=queues[team], MessageBody=str(order))
        print(TEXT["told"].format(order=order, team=team))


for team in ["tight-warehouse", "tight-mail", "tight-billing"]:
    make_queue(team)
tell_everybody(1)

# %% [markdown] lang="es"
# **Rómpelo.** El equipo de correo borra su cola. El siguiente pedido se queda a medias: almacén ya lo sabe,
# cobros no lo sabrá nunca.

# %% [markdown] lang="en"
# **Break it.** The mail team deletes its queue. The next order is left half done: the warehouse already knows
# of it, billing never will.

# %%
sqs.delete_queue(QueueUrl=queues.pop("tight-mail"))
time.sleep(60)
try:
    tell_everybody(2)
except (KeyError, sqs.exceptions.QueueDoesNotExist):
    print(TEXT["half"].format(order=2))

# %% [markdown] lang="es"
# ## 3. Un bus en medio {#lab-bus}
#
# Ahora pedidos solo habla con un bus. `subscribe` hace todo lo que necesita un consumidor: su cola, su regla,
# el permiso y el destino. Fíjate en que `place_order` no nombra a nadie.

# %% [markdown] lang="en"
# ## 3. A bus in between {#lab-bus}
#
# Now orders talks only to a bus. `subscribe` does all that a consumer needs: its queue, its rule, the
# permission and the target. Notice that `place_order` names nobody.

# %%
events.create_event_bus(Name="orders")
rules = {}


def queue_arn(name):
    answer = sqs.get_queue_attributes(QueueUrl=queues[name], AttributeNames=["QueueArn"])
    return answer["Attributes"]["QueueArn"]


def allow(name, rule_arn):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn(name),
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queues[name], Attributes={"Policy": policy})


def subscribe(name, pattern, permission=True, **target):
    make_queue(name)
    rules[name] = events.put_rule(
        Name=name, EventBusName="orders", EventPattern=json.dumps(pattern)
    )["RuleArn"]
    if permission:
        allow(name, rules[name])
    events.put_targets(
        Rule=name, EventBusName="orders", Targets=[{"Id": name, "Arn": queue_arn(name), **target}]
    )
    time.sleep(60)


def place_order(order, total, name="Ada"):
    events.put_events(Entries=[{
        "EventBusName": "orders", "Source": "shop", "DetailType": "Order placed",
        "Detail": json.dumps({"order": order, "total": total, "name": name}),
    }])
    print(TEXT["accepted"].format(order=order))


def receive(name):
    answer = sqs.receive_message(
        QueueUrl=queues[name], WaitTimeSeconds=20, MaxNumberOfMessages=10
    )
    messages = answer.get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=queues[name], ReceiptHandle=message["ReceiptHandle"])
    print(TEXT["has"].format(queue=name, messages=len(messages)))
    return [message["Body"] for message in messages]


subscribe("warehouse", {"source": ["shop"]})
place_order(3, 42)
_ = receive("warehouse")

# %% [markdown] lang="es"
# ### Para verlo {#lab-timeline}
#
# La nube apunta en su diario todo lo que ocurre. Esta clase dibuja las entregas: una fila por destino, un
# círculo si llegó y un aspa si falló.

# %% [markdown] lang="en"
# ### To see it {#lab-timeline}
#
# The cloud records all that happens in its journal. This class draws the deliveries: a row for each target, a
# circle if it arrived and a cross if it failed.

# %%
class Timeline:
    def __init__(self, cloud):
        self.marks = [
            (entry.time, entry["target"].split(":")[-1], entry["error"] is None)
            for entry in cloud.journal.of("delivery")
        ]
        self.rows = list(dict.fromkeys(target for _, target, _ in self.marks))

    @property
    def alt(self):
        arrived = sum(ok for _, _, ok in self.marks)
        return TEXT["alt"].format(
            targets=", ".join(self.rows), ok=arrived, failed=len(self.marks) - arrived
        )

    def _repr_svg_(self):
        height = 40 + 30 * len(self.rows)
        first, last = self.marks[0][0], self.marks[-1][0]
        scale = 294 / max(last - first, 1)
        parts = [f'<text x="8" y="18" font-weight="600">{escape(TEXT["title"])}</text>']
        for number, row in enumerate(self.rows):
            y = 46 + 30 * number
            parts.append(f'<text x="8" y="{y + 5}">{escape(row)}</text>')
            parts.append(f'<path d="M136 {y}H460" stroke="currentColor" stroke-opacity="0.3"/>')
        for when, row, ok in self.marks:
            x, y = 146 + scale * (when - first), 46 + 30 * self.rows.index(row)
            shape = "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0" if ok else "M-5-5L5 5M5-5L-5 5"
            fill = "currentColor" if ok else "none"
            parts.append(
                f'<path transform="translate({x:.0f} {y})" d="{shape}" fill="{fill}" '
                'stroke="currentColor" stroke-width="2"/>'
            )
        parts.append(f'<text x="146" y="{height + 14}" text-anchor="middle">0 s</text>')
        if last - first >= 1:
            parts.append(
                f'<text x="440" y="{height + 14}" text-anchor="middle">{last - first:.0f} s</text>'
            )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 {height + 24}" width="480" role="img" '
            f'aria-label="{escape(self.alt)}" font-size="16" fill="currentColor">'
            f"<title>{escape(self.alt)}</title>{''.join(parts)}</svg>"
        )


Timeline(cloud)

# %% [markdown] lang="es"
# ## 4. Un consumidor más {#lab-consumer}
#
# Correo se suscribe. El código que emite el evento no cambia; ni siquiera se entera.

# %% [markdown] lang="en"
# ## 4. One more consumer {#lab-consumer}
#
# Mail subscribes. The code that emits the event does not change; it does not even notice.

# %%
subscribe("mail", {"source": ["shop"]})
place_order(4, 30)
_ = receive("warehouse"), receive("mail")

# %% [markdown] lang="es"
# ## 5. Filtrar {#lab-filter}
#
# A cobros solo le interesan los pedidos de más de 100 EUR. El filtro está en la regla, no en el programa de cobros.
#
# **Tu turno.** Cambia `100` por `600` y, antes de ejecutar, di cuántos recibirá.

# %% [markdown] lang="en"
# ## 5. Filter {#lab-filter}
#
# Billing only cares about orders above 100 EUR. The filter is in the rule, not in billing's program.
#
# **Your turn.** Change `100` to `600`, and say before you run it how many it will receive.

# %%
subscribe("billing", {"detail": {"total": [{"numeric": [">", 100]}]}})
place_order(5, 50)
place_order(6, 500)
[json.loads(body)["detail"]["total"] for body in receive("billing")]

# %% [markdown] lang="es"
# ## 6. Transformar {#lab-transform}
#
# El equipo de avisos no quiere el evento: quiere una frase para el cliente. La plantilla la compone antes de
# entregar.

# %% [markdown] lang="en"
# ## 6. Transform {#lab-transform}
#
# The notices team does not want the event: it wants a sentence for the customer. The template composes it
# before delivery.

# %%
subscribe("notices", {"source": ["shop"]}, InputTransformer={
    "InputPathsMap": {"name": "$.detail.name", "total": "$.detail.total"},
    "InputTemplate": json.dumps(TEXT["thanks"], ensure_ascii=False),
})
place_order(7, 75, name="Grace")
print(*map(json.loads, receive("notices")))

# %% [markdown] lang="es"
# ## 7. Olvidar un permiso {#lab-permission}
#
# Auditoría se suscribe, pero alguien olvidó la política de su cola. Publicar funciona, pero no llega nada y
# nadie avisa.

# %% [markdown] lang="en"
# ## 7. Forget a permission {#lab-permission}
#
# Audit subscribes, but somebody forgot its queue's policy. Publishing works, and nothing arrives. Nobody tells you.

# %%
subscribe("audit", {"source": ["shop"]}, permission=False)
place_order(8, 20)
_ = receive("audit")

# %% [markdown] lang="es"
# En AWS mirarías la métrica `FailedInvocations` o una cola de mensajes fallidos. Aquí puedes preguntar
# directamente qué falló y qué declaración falta:

# %% [markdown] lang="en"
# On AWS you would look at the `FailedInvocations` metric or at a dead-letter queue. Here you can ask directly
# what failed and which statement is missing:

# %%
print(explain_deliveries(cloud, LANGUAGE))

# %% [markdown] lang="es"
# Arréglalo y envía otro pedido. El anterior no vuelve: se descartó.

# %% [markdown] lang="en"
# Fix it and send another order. The previous one does not come back: it was dropped.

# %%
allow("audit", rules["audit"])
time.sleep(60)
place_order(9, 20)
_ = receive("audit")

# %% [markdown] lang="es"
# ## 8. Perder un consumidor {#lab-dead-letters}
#
# Esta vez el destino de almacén tiene una cola de mensajes fallidos (DLQ), con su propia política. Después,
# la cola de almacén desaparece.

# %% [markdown] lang="en"
# ## 8. Lose a consumer {#lab-dead-letters}
#
# This time the warehouse's target has a dead-letter queue (DLQ) with a policy of its own. Then the
# warehouse's queue disappears.

# %%
make_queue("warehouse-dlq")
allow("warehouse-dlq", rules["warehouse"])
events.put_targets(Rule="warehouse", EventBusName="orders", Targets=[{
    "Id": "warehouse", "Arn": queue_arn("warehouse"),
    "DeadLetterConfig": {"Arn": queue_arn("warehouse-dlq")},
}])
sqs.delete_queue(QueueUrl=queues["warehouse"])
time.sleep(60)
place_order(10, 80)

# %% [markdown] lang="es"
# El pedido no se ha perdido: espera en la DLQ, con el motivo en sus atributos.

# %% [markdown] lang="en"
# The order is not lost: it waits in the DLQ, with the reason in its attributes.

# %%
answer = sqs.receive_message(
    QueueUrl=queues["warehouse-dlq"], WaitTimeSeconds=20, MessageAttributeNames=["All"]
)
failed = answer["Messages"][0]
print(TEXT["lost"].format(
    code=failed["MessageAttributes"]["ERROR_CODE"]["StringValue"],
    order=json.loads(failed["Body"])["detail"]["order"],
))

# %% [markdown] lang="es"
# Almacén vuelve: crea otra vez su cola, le da permiso y recoge lo que quedó pendiente.

# %% [markdown] lang="en"
# The warehouse comes back: it creates its queue again, adds the permission, and picks up what was left.

# %%
make_queue("warehouse")
allow("warehouse", rules["warehouse"])
sqs.send_message(QueueUrl=queues["warehouse"], MessageBody=failed["Body"])
sqs.delete_message(QueueUrl=queues["warehouse-dlq"], ReceiptHandle=failed["ReceiptHandle"])
_ = receive("warehouse")

# %% [markdown] lang="es"
# ## 9. Todo el laboratorio, de un vistazo {#lab-all}
#
# Busca en el dibujo el permiso olvidado y la cola que desapareció.

# %% [markdown] lang="en"
# ## 9. The whole lab at a glance {#lab-all}
#
# Find the forgotten permission and the lost queue in the drawing.

# %%
Timeline(cloud)

# %% [markdown] lang="es"
# ## 10. Limpieza {#lab-clean-up}
#
# Primero los destinos, después las reglas, después el bus. Al final no queda nada.

# %% [markdown] lang="en"
# ## 10. Clean-up {#lab-clean-up}
#
# Targets first, then rules, then the bus. At the end nothing is left.

# %%
for name in rules:
    events.remove_targets(Rule=name, EventBusName="orders", Ids=[name])
    events.delete_rule(Name=name, EventBusName="orders")
events.delete_event_bus(Name="orders")
for url in queues.values():
    sqs.delete_queue(QueueUrl=url)
print(TEXT["left"].format(resources=len(cloud.resources())))

# %% [markdown] lang="es"
# ## Comprueba lo aprendido {#lab-check}
#
# <details class="question" markdown="1">
# <summary>¿Qué línea de <code>place_order</code> cambió desde que la escribiste?</summary>
#
# Ninguna. Añadiste consumidores, filtros, una transformación y una DLQ sin tocar al productor. Eso es
# acoplamiento débil.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>¿Por qué <code>warehouse-dlq</code> necesitó su propio permiso?</summary>
#
# Porque quien escribe en ella es EventBridge, y es otra cola. Sin su política, el evento se habría descartado igual.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Al recoger el pedido 10, ¿por qué se borra de la DLQ después de enviarlo y no antes?</summary>
#
# Porque si el programa se cae entre las dos llamadas es mejor tenerlo dos veces que ninguna. Quien recibe
# debe tolerar duplicados.
#
# </details>

# %% [markdown] lang="en"
# ## Check yourself {#lab-check}
#
# <details class="question" markdown="1">
# <summary>Which line of <code>place_order</code> has changed since you wrote it?</summary>
#
# None. You added consumers, filters, a transformation and a DLQ without touching the producer. That is loose
# coupling.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Why did <code>warehouse-dlq</code> need a permission of its own?</summary>
#
# Because it is EventBridge that writes to it, and it is another queue. Without its policy the event would
# have been dropped all the same.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>When order 10 is picked up, why is it deleted from the DLQ after sending it and not before?</summary>
#
# Because if the program crashes between the two calls, it is better to have it twice than not at all. A
# consumer must be able to cope with duplicates.
#
# </details>
