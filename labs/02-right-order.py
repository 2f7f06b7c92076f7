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
import json
import time

import boto3
from eslabon import TaskFailed, activate
from eslabon.stepfunctions import draw, recorded, timeline

cloud = activate().start()
iam = boto3.client("iam")
sfn = boto3.client("stepfunctions")

# %% [markdown] lang="es"
# Los textos que se imprimen van aparte, para que el resto del código sea el mismo en todos los idiomas.

# %% [markdown] lang="en"
# The texts that are printed are kept apart, so that the rest of the code is the same in every language.

# %% lang="es" tags=["labels"]
LANGUAGE = "es"
TEXT = {
    "order": "pedido {order}: {status} · reservado {reserved}"
    " · cobrado {charged} · enviado {shipped}",
    "crash": "el programa se cae",
    "half": "pedidos a medias: {orders}",
    "left": "recursos que quedan en la nube: {resources}",
}

# %% lang="en" tags=["labels"]
LANGUAGE = "en"
TEXT = {
    "order": "order {order}: {status} · reserved {reserved}"
    " · charged {charged} · shipped {shipped}",
    "crash": "the program crashes",
    "half": "orders left half done: {orders}",
    "left": "resources left in the cloud: {resources}",
}

# %% [markdown] lang="es"
# ## 2. La tienda {#lab-shop}
#
# Cada paso de un pedido lo hace una función Lambda de un equipo distinto. Para que las veas, las toques y las
# rompas, aquí son funciones de Python de este cuaderno, y `functions` las guarda por su nombre.
#
# La tienda lleva tres cuentas: qué pedidos tienen género reservado, cuáles se han cobrado y cuáles se han enviado.

# %% [markdown] lang="en"
# ## 2. The shop {#lab-shop}
#
# Each step of an order is done by a Lambda function of a different team. So that you can see, touch and break them,
# here they are Python functions of this notebook, and `functions` keeps them by name.
#
# The shop keeps three accounts: which orders have goods reserved, which have been charged, which have been shipped.

# %%
shop = {"reserved": [], "charged": [], "shipped": []}


def reserve(order):
    shop["reserved"].append(order)


def charge(order):
    shop["charged"].append(order)


def ship(order):
    shop["shipped"].append(order)


def invoice(order):
    pass


def notify(order):
    pass


team = [reserve, charge, ship, invoice, notify]
functions = {work.__name__: work for work in team}


def show(order, status=""):
    counts = {account: orders.count(order) for account, orders in shop.items()}
    print(TEXT["order"].format(order=order, status=status, **counts))

# %% [markdown] lang="es"
# Un pedido está bien cuando sus tres cuentas son 1, o cuando las tres son 0. Todo lo demás es un pedido a medias. Y
# es lo que pasa si un programa llama a los tres equipos y se cae por el camino:

# %% [markdown] lang="en"
# An order is fine when its three counts are 1, or when all three are 0. Anything else is an order left half done.
# And that is what happens when a program calls the three teams and crashes on the way:

# %%
def place_order(order, crash=False):
    reserve(order)
    if crash:
        return TEXT["crash"]
    charge(order)
    ship(order)


show(1, place_order(1, crash=True))

# %% [markdown] lang="es"
# El pedido 1 tiene género apartado para siempre. Nadie sabe ya por qué, ni por dónde iba.
#
# ## 3. Una secuencia {#lab-sequence}
#
# Una máquina de estado recuerda por dónde va cada pedido. Cada paso es un estado `Task` que llama a una función y
# pasa el pedido al siguiente. De momento solo está escrita, y ya se puede dibujar:

# %% [markdown] lang="en"
# Order 1 has goods put aside for ever. Nobody remembers why, or how far it got.
#
# ## 3. A sequence {#lab-sequence}
#
# A state machine remembers how far each order has got. Each step is a `Task` state that calls a function and hands
# the order to the next one. So far it is only written down, and it can already be drawn:

# %%
def task(name, **more):
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": name, "Payload": "{% $states.input.order %}"},
        "Output": "{% $states.input %}",
        **more,
    }


states = {
    "Reserve": task("reserve", Next="Charge"),
    "Charge": task("charge", Next="Ship"),
    "Ship": task("ship", End=True),
}
definition = {"QueryLanguage": "JSONata", "StartAt": "Reserve", "States": states}
draw(definition, language=LANGUAGE)

# %% [markdown] lang="es"
# Falta unir el dibujo con la tienda. `cloud.mock` contesta en lugar de Lambda: recibe lo que pide el estado y
# llama a la función de Python que tiene ese nombre. Para estropear un paso, mete errores en `trouble`: salen antes
# de llamar a la función, uno en cada intento. Los de `lost` salen después, con el trabajo ya hecho.

# %% [markdown] lang="en"
# What is missing is the link between the drawing and the shop. `cloud.mock` answers in place of Lambda: it receives
# what the state asks for and calls the Python function of that name. To damage a step, put errors into `trouble`:
# they come out before the function is called, one for each attempt. Those in `lost` come out after it, when the work
# is done.

# %%
trouble, lost = {}, {}


def invoke(arguments):
    name = arguments["FunctionName"]
    if trouble.get(name):
        raise TaskFailed(trouble[name].pop(0))
    functions[name](arguments["Payload"])
    if lost.get(name):
        raise TaskFailed(lost[name].pop(0))
    return {"StatusCode": 200, "Payload": None}


cloud.mock("arn:aws:states:::lambda:invoke", invoke)

# %% [markdown] lang="es"
# El resto es lo de siempre: un rol, la máquina y dos funciones cortas. `deploy` guarda la definición y espera a que
# el cambio tenga efecto. `run` empieza una ejecución y espera a que acabe.

# %% [markdown] lang="en"
# The rest is the usual: a role, the machine and two short functions. `deploy` saves the definition and waits until
# the change is in effect. `run` starts an execution and waits for its end.

# %%
trust = {
    "Effect": "Allow",
    "Principal": {"Service": "states.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
allowed = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}


def policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


role = iam.create_role(
    RoleName="orders", AssumeRolePolicyDocument=policy(trust)
)["Role"]["Arn"]
iam.put_role_policy(
    RoleName="orders", PolicyName="invoke", PolicyDocument=policy(allowed)
)
time.sleep(15)
machine = sfn.create_state_machine(
    name="orders", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]


def deploy():
    sfn.update_state_machine(
        stateMachineArn=machine, definition=json.dumps(definition)
    )
    time.sleep(10)


def run(order):
    arn = sfn.start_execution(
        stateMachineArn=machine, input=json.dumps({"order": order})
    )["executionArn"]
    answer = sfn.describe_execution(executionArn=arn)
    while answer["status"] == "RUNNING":
        time.sleep(1)
        answer = sfn.describe_execution(executionArn=arn)
    show(order, " ".join([answer["status"], answer.get("error", "")]).strip())
    return recorded(sfn, arn)


happened = run(2)
draw(*happened, language=LANGUAGE)

# %% [markdown] lang="es"
# `recorded` pide la definición y el historial de la ejecución; `draw` los pinta. Los números dicen en qué orden se
# entró en cada estado.
#
# ## 4. Dos cosas a la vez {#lab-parallel}
#
# Una vez enviado el pedido hay que facturar y avisar. Ninguna de las dos cosas espera a la otra, así que van en un
# estado `Parallel`: dos ramas con la misma entrada. El estado acaba cuando acaban las dos.

# %% [markdown] lang="en"
# `recorded` asks for the definition and the history of the execution; `draw` draws them. The numbers say in which
# order the states were entered.
#
# ## 4. Two things at once {#lab-parallel}
#
# Once the order is shipped, it must be invoiced and the customer told. Neither waits for the other, so they go into
# a `Parallel` state: two branches with the same input. The state ends when both have ended.

# %%
states["Ship"] = task("ship", Next="Tell")
states["Tell"] = {
    "Type": "Parallel",
    "Branches": [{
        "StartAt": "Invoice", "States": {"Invoice": task("invoice", End=True)},
    }, {
        "StartAt": "Notify", "States": {"Notify": task("notify", End=True)},
    }],
    "End": True,
}
deploy()
happened = run(3)
draw(*happened, language=LANGUAGE)

# %% [markdown] lang="es"
# ## 5. El cobro falla a ratos {#lab-retry}
#
# **Rómpelo.** El banco está ocupado: los dos próximos cobros fallarán.

# %% [markdown] lang="en"
# ## 5. Payment fails at times {#lab-retry}
#
# **Break it.** The bank is busy: the next two charges will fail.

# %%
trouble["charge"] = ["BankBusy", "BankBusy"]
happened = run(4)
draw(*happened, language=LANGUAGE)

# %% [markdown] lang="es"
# Un fallo que se habría pasado solo ha tumbado el pedido entero. El pedido 4 queda como el 1: reservado, y nada
# más.
#
# **Arréglalo.** `Retry` dice qué errores merecen otro intento, cuántos y con qué espera. Aquí espera 2 segundos,
# luego 4, luego 8.

# %% [markdown] lang="en"
# A failure that would have passed by itself has brought the whole order down. Order 4 is left like order 1:
# reserved, and no more.
#
# **Fix it.** `Retry` says which errors deserve another attempt, how many, and after which wait. Here it waits 2
# seconds, then 4, then 8.

# %%
states["Charge"]["Retry"] = [{
    "ErrorEquals": ["BankBusy", "NoAnswer"],
    "IntervalSeconds": 2, "BackoffRate": 2, "MaxAttempts": 3,
}]
deploy()
trouble["charge"] = ["BankBusy", "BankBusy"]
happened = run(5)
timeline(*happened, language=LANGUAGE, width=440)

# %% [markdown] lang="es"
# Así se ve en el tiempo: tres intentos de `Charge` y dos esperas, de 2 y de 4 segundos. El banco estuvo ocupado un
# rato y el pedido salió igual.
#
# **Tu turno.** Cambia `MaxAttempts` a 1 y, antes de ejecutar la celda, di cómo acabará.
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# En `FAILED` con `BankBusy`. Un reintento son dos intentos en total y el banco está ocupado las dos veces. Vuelve a
# poner un 3 y ejecuta la celda otra vez. El pedido 5 sale, pero con género reservado dos veces: los dos intentos de
# hacer el pedido son ejecuciones distintas, y cada una reservó.
#
# </details>
#
# ## 6. Reintentar lo que ya se hizo {#lab-twice}
#
# **Rómpelo.** Ahora el cobro se hace bien, pero la respuesta se pierde por el camino. Step Functions solo ve un
# error y reintenta.

# %% [markdown] lang="en"
# This is how it looks over time: three attempts of `Charge` and two waits, of 2 and of 4 seconds. The bank was busy
# for a while and the order went out all the same.
#
# **Your turn.** Change `MaxAttempts` to 1, and say before you run the cell how it will end.
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# As `FAILED`, with `BankBusy`. One retry makes two attempts in all, and the bank is busy both times. Put the 3 back
# and run the cell again. Order 5 goes out, but with goods reserved twice: the two tries at the order are different
# executions, and each of them reserved.
#
# </details>
#
# ## 6. Retrying what was done {#lab-twice}
#
# **Break it.** Now the charge goes well, but its answer is lost on the way. Step Functions sees nothing but an
# error, and retries.

# %%
lost["charge"] = ["NoAnswer"]
happened = run(6)

# %% [markdown] lang="es"
# Acabó en `SUCCEEDED`, y el cliente ha pagado dos veces. Ningún `Retry` puede evitarlo: quien reintenta no sabe si
# la otra parte llegó a hacer el trabajo.
#
# **Arréglalo.** La que debe cambiar es la función. Si el número de pedido ya está cobrado, no cobra otra vez: es
# **idempotente**. De paso, lo serán todas.

# %% [markdown] lang="en"
# It ended in `SUCCEEDED`, and the customer has paid twice. No `Retry` can prevent that: whoever retries does not
# know whether the other side had done the work.
#
# **Fix it.** It is the function that must change. If the number of the order is charged already, it does not charge
# again: it is **idempotent**. And while we are at it, so will all of them be.

# %%
def once(account):
    def work(order):
        if order not in shop[account]:
            shop[account].append(order)

    return work


functions["reserve"] = once("reserved")
functions["charge"] = once("charged")
functions["ship"] = once("shipped")
lost["charge"] = ["NoAnswer"]
happened = run(7)

# %% [markdown] lang="es"
# Dos intentos, un solo cobro.
#
# ## 7. Lo que no se arregla reintentando {#lab-catch}
#
# **Rómpelo.** La tarjeta se rechaza. Mañana también se rechazará: reintentar no sirve.

# %% [markdown] lang="en"
# Two attempts, one charge.
#
# ## 7. What no retry repairs {#lab-catch}
#
# **Break it.** The card is declined. It will be declined tomorrow, too: there is no use in retrying.

# %%
trouble["charge"] = ["CardDeclined"]
happened = run(8)

# %% [markdown] lang="es"
# **Arréglalo.** `Catch` recoge el error y sigue por otro camino. La variable `reason` guarda el motivo, y el estado
# `No order` acaba la ejecución contándolo.

# %% [markdown] lang="en"
# **Fix it.** `Catch` takes the error and goes another way. The variable `reason` keeps the cause, and the state `No
# order` ends the execution and tells it.

# %%
def catch(then):
    return [{
        "ErrorEquals": ["States.ALL"],
        "Assign": {"reason": "{% $states.errorOutput.Error %}"},
        "Output": "{% $states.input %}",
        "Next": then,
    }]


states["No order"] = {
    "Type": "Fail",
    "Error": "NoOrder",
    "Cause": "{% 'because of ' & $reason %}",
}
states["Charge"]["Catch"] = catch("No order")
deploy()
trouble["charge"] = ["CardDeclined"]
happened = run(9)
draw(*happened, language=LANGUAGE)

# %% [markdown] lang="es"
# El flujo ya sabe que ha fallado y por qué. Pero mira las cuentas: el pedido 9 sigue reservado.
#
# ## 8. Deshacer lo hecho {#lab-saga}
#
# Tres equipos, tres bases de datos: ninguna transacción las abarca. Lo que se puede hacer es darle a cada paso otro
# que lo **compense**: `release` devuelve el género, `refund` devuelve el dinero. Eso es una saga.
#
# El `Catch` de cada paso apunta a lo que deshace ese paso y los anteriores, del último al primero. Ese paso también,
# porque ya has visto que un cobro que da error puede haberse hecho. Por eso deshacer lo que no se hizo no debe ser un
# error.

# %% [markdown] lang="en"
# The workflow now knows that it failed, and why. But look at the counts: order 9 is still reserved.
#
# ## 8. Undo what was done {#lab-saga}
#
# Three teams, three databases: no transaction spans them. What can be done is to give each step another one that
# **compensates** it: `release` gives the goods back, `refund` gives the money back. That is a saga.
#
# The `Catch` of each step points to what undoes that step and the ones before, from the last to the first. That step,
# too, because you have seen that a charge which gives an error may have been made. And so it must be no error to undo
# what was not done.

# %%
def release(order):
    shop["reserved"] = [other for other in shop["reserved"] if other != order]


def refund(order):
    shop["charged"] = [other for other in shop["charged"] if other != order]


functions |= {"release": release, "refund": refund}

states["Refund"] = task("refund", Next="Release")
states["Release"] = task("release", Next="No order")
states["Reserve"]["Catch"] = catch("Release")
states["Charge"]["Catch"] = catch("Refund")
states["Ship"]["Catch"] = catch("Refund")
deploy()
trouble["ship"] = ["NoCourier"]
happened = run(10)
draw(*happened, language=LANGUAGE)

# %% [markdown] lang="es"
# El transportista falló cuando ya se había cobrado. El pedido 10 se devuelve y se libera: tres ceros. Sigue los
# números del dibujo.
#
# **Tu turno.** El equipo de almacén también tiene malos días. Pon `trouble["release"] = ["WarehouseDown"]` antes de
# `run(10)` y mira cómo acaba. ¿Qué le falta a la máquina?
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# La compensación falla, la ejecución acaba con `WarehouseDown` y el género se queda reservado. Los pasos que
# deshacen necesitan `Retry` más que ninguno, y con paciencia: ya no hay otro camino. La celda siguiente lo pone.
#
# </details>

# %% [markdown] lang="en"
# The courier failed when the charge had already been made. Order 10 is refunded and released: three zeros. Follow the
# numbers in the drawing.
#
# **Your turn.** The warehouse team has bad days, too. Put `trouble["release"] = ["WarehouseDown"]` before `run(10)`
# and look how it ends. What does the machine lack?
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# The compensation fails, the execution ends with `WarehouseDown`, and the goods stay reserved. The steps that undo
# need `Retry` more than any other, and patience: there is no other way left. The next cell puts it there.
#
# </details>

# %%
for name in ["Refund", "Release"]:
    states[name]["Retry"] = [{
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 10, "BackoffRate": 2, "MaxAttempts": 8,
    }]
deploy()
trouble["ship"] = ["NoCourier"]
trouble["release"] = ["WarehouseDown"] * 3
happened = run(11)
timeline(*happened, language=LANGUAGE, width=440)

# %% [markdown] lang="es"
# ### El paso sin vuelta atrás {#lab-pivot}
#
# **Rómpelo.** El paquete sale, pero se pierde la respuesta de `ship`.

# %% [markdown] lang="en"
# ### The step of no return {#lab-pivot}
#
# **Break it.** The parcel goes out, but the answer of `ship` is lost.

# %%
lost["ship"] = ["NoAnswer"]
happened = run(12)

# %% [markdown] lang="es"
# La saga devolvió el dinero de un paquete que va de camino. Enviar no se puede deshacer, así que ante la duda no se
# compensa: se pregunta otra vez.
#
# **Tu turno.** ¿Qué le falta a `Ship`? Piénsalo antes de abrir la solución; la celda siguiente la pone en marcha.
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# Un `Retry` de `NoAnswer`. Es seguro porque `ship` ya es idempotente: si el paquete salió, la segunda vez solo lo
# confirma. `NoCourier` no se reintenta: dice que no se envió.
#
# </details>

# %% [markdown] lang="en"
# The saga gave the money back for a parcel that is on its way. Shipping cannot be undone, so when in doubt you do not
# compensate: you ask again.
#
# **Your turn.** What does `Ship` lack? Think before you open the solution; the next cell puts it to work.
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# A `Retry` of `NoAnswer`. It is safe because `ship` is idempotent by now: if the parcel went out, the second time only
# confirms it. `NoCourier` is not retried: it says that nothing was shipped.
#
# </details>

# %%
states["Ship"]["Retry"] = [{"ErrorEquals": ["NoAnswer"], "MaxAttempts": 8}]
deploy()
lost["ship"] = ["NoAnswer"] * 2
happened = run(13)
draw(*happened, language=LANGUAGE)

# %% [markdown] lang="es"
# ## 9. Las cuentas {#lab-accounts}
#
# Doce pedidos más, ocho de ellos con alguna avería. Acaben como acaben, ninguno debe quedar a medias.

# %% [markdown] lang="en"
# ## 9. The accounts {#lab-accounts}
#
# Twelve more orders, eight of them with a breakdown. However they end, none of them may be left half done.

# %%
mishaps = [
    {},
    {"reserve": ["NoGoods"]},
    {"charge": ["BankBusy"]},
    {"charge": ["BankBusy"] * 4},
    {"charge": ["CardDeclined"]},
    {"ship": ["NoCourier"]},
    {},
    {"ship": ["NoCourier"], "refund": ["BankBusy"] * 5},
    {"charge": ["BankBusy"] * 3},
    {},
    {"reserve": ["NoGoods"], "release": ["WarehouseDown"]},
    {},
]
for order, mishap in enumerate(mishaps, 14):
    trouble = mishap
    run(order)


def half_done():
    accounts = shop.values()
    return [
        order for order in sorted(set().union(*accounts))
        if [account.count(order) for account in accounts] != [1, 1, 1]
    ]


print(TEXT["half"].format(orders=half_done()))

# %% [markdown] lang="es"
# Los pedidos a medias son de antes, y no se van a arreglar solos. El 6 pagó dos veces; el 12 se envió gratis. Una saga
# protege desde el día en que se pone, y lo anterior se repasa a mano: se quita lo que está dos veces, se completa lo
# que se envió y se deshace lo que no.

# %% [markdown] lang="en"
# The orders left half done are from before, and they will not repair themselves. Order 6 paid twice; order 12 was
# shipped for free. A saga protects from the day it is put in, and what came before is gone through by hand: what is
# there twice is taken away, what was shipped is completed, and what was not is undone.

# %%
for account, orders in shop.items():
    shop[account] = list(dict.fromkeys(orders))
for order in half_done():
    shipped = order in shop["shipped"]
    for name in ["reserve", "charge"] if shipped else ["refund", "release"]:
        functions[name](order)
print(TEXT["half"].format(orders=half_done()))

# %% [markdown] lang="es"
# ## 10. Limpieza {#lab-clean-up}
#
# Una máquina de estado que se borra tarda un momento en irse. Al final no queda nada.

# %% [markdown] lang="en"
# ## 10. Clean-up {#lab-clean-up}
#
# A state machine that is deleted takes a moment to go. At the end nothing is left.

# %%
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="orders", PolicyName="invoke")
iam.delete_role(RoleName="orders")
time.sleep(10)
print(TEXT["left"].format(resources=len(cloud.resources())))

# %% [markdown] lang="es"
# ## Comprueba lo aprendido {#lab-check}
#
# <details class="question" markdown="1">
# <summary>¿Por qué enviar va el último, y no antes de cobrar?</summary>
#
# Porque es el único paso que no se puede deshacer. En una saga, lo que no tiene vuelta atrás va detrás de todo lo
# que puede fallar sin arreglo.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>¿Por qué <code>Charge</code> solo reintenta algunos errores, y <code>Release</code> todos?</summary>
#
# Un cobro rechazado no mejora con el tiempo: reintentarlo solo retrasa la respuesta al cliente. Al deshacer ya no
# hay alternativa, así que merece la pena insistir sea cual sea el error.
#
# </details>
#
# <details class="question" markdown="1">
# <summary><code>Notify</code> falla: el correo no funciona. ¿Cómo queda el pedido y qué pondrías?</summary>
#
# La ejecución acaba en `FAILED` con el pedido reservado, cobrado y enviado: las cuentas están bien, pero parece que no.
# Por un correo no hay nada que deshacer. Basta un `Retry` en `Notify` y un `Catch` en `Tell` que lleve a un estado
# `Succeed`, o a una cola que alguien mire. Pruébalo con `trouble["notify"] = ["MailDown"]`.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Un pedido que se compensó bien acaba en <code>FAILED</code>. ¿Es lo correcto?</summary>
#
# Depende de a quién se lo cuentes. Con `Fail`, los pedidos que no salieron se ven en la lista de ejecuciones, en
# las métricas y en las alarmas. Si para tu negocio un pedido anulado es un final normal, acaba con `Succeed` y dilo
# en la salida.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>En AWS, ¿qué cambia de este cuaderno?</summary>
#
# Sobran `activate` y `cloud.mock`, y las funciones se publican en Lambda. Una que lanza una excepción de Python
# llamada `CardDeclined` da ese mismo nombre de error. Las cuentas vivirían en una base de datos, y comprobar y
# apuntar en una sola operación. Los errores propios de Lambda, como `Lambda.ServiceException`, también merecen un
# `Retry`.
#
# </details>

# %% [markdown] lang="en"
# ## Check yourself {#lab-check}
#
# <details class="question" markdown="1">
# <summary>Why is shipping last, and not before charging?</summary>
#
# Because it is the only step that cannot be undone. In a saga, what has no way back comes after all that may fail
# for good.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Why does <code>Charge</code> retry some errors only, and <code>Release</code> all of them?</summary>
#
# A declined charge does not get better with time: to retry it only delays the answer to the customer. When undoing
# there is no alternative left, so it is worth insisting whatever the error.
#
# </details>
#
# <details class="question" markdown="1">
# <summary><code>Notify</code> fails: mail does not work. How is the order left, and what would you add?</summary>
#
# The execution ends in `FAILED` with the order reserved, charged and shipped: the accounts are right and look wrong.
# There is nothing to undo for the sake of an email. A `Retry` in `Notify` is enough, and a `Catch` in `Tell` that leads
# to a `Succeed` state, or to a queue that somebody looks at. Try it with `trouble["notify"] = ["MailDown"]`.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>An order that was compensated well ends in <code>FAILED</code>. Is that right?</summary>
#
# It depends on whom you tell. With `Fail`, the orders that did not go out are seen in the list of executions, in
# metrics and in alarms. If to your business a cancelled order is an ordinary end, end with `Succeed` and say so in
# the output.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>On AWS, what changes in this notebook?</summary>
#
# `activate` and `cloud.mock` go, and the functions are published in Lambda. One that raises a Python exception
# called `CardDeclined` gives that very name of an error. The accounts would live in a database, and checking and
# writing down would be one operation. Lambda's own errors, such as `Lambda.ServiceException`, deserve a `Retry`,
# too.
#
# </details>
