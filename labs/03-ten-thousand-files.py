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
import csv
import io
import json
import time
from datetime import datetime
from html import escape

import boto3
from eslabon import activate
from eslabon.stepfunctions import draw, recorded

cloud = activate().start()
iam = boto3.client("iam")
s3 = boto3.client("s3")
sfn = boto3.client("stepfunctions")

# %% [markdown] lang="es"
# Los textos que se imprimen y se dibujan van aparte, para que el resto del código sea el mismo en todos los
# idiomas.

# %% [markdown] lang="en"
# The texts that are printed and drawn are kept apart, so that the rest of the code is the same in every language.

# %% lang="es" tags=["labels"]
LANGUAGE = "es"
TEXT = {
    "counts": "ficheros: {succeeded} bien, {failed} mal, {pending} sin empezar",
    "cause": "{files} ficheros en un lote: {cause}",
    "bad": "el que no se puede leer: {file}, {megabytes} MB",
    "total": "total: {found:.0f} céntimos; debían salir {expected:.0f}",
    "left": "recursos que quedan en la nube: {resources}",
    "title": "Ficheros hechos a lo largo del tiempo virtual",
    "alt": "Ficheros hechos a lo largo del tiempo: {points}. "
    "Lotes que fallaron: {failed}.",
    "point": "{files} a los {seconds} s",
}

# %% lang="en" tags=["labels"]
LANGUAGE = "en"
TEXT = {
    "counts": "files: {succeeded} fine, {failed} failed, {pending} not started",
    "cause": "{files} files in a batch: {cause}",
    "bad": "the one that cannot be read: {file}, {megabytes} MB",
    "total": "total: {found:.0f} cents; it should be {expected:.0f}",
    "left": "resources left in the cloud: {resources}",
    "title": "Files done over virtual time",
    "alt": "Files done over time: {points}. "
    "Batches that failed: {failed}.",
    "point": "{files} at {seconds} s",
}

# %% [markdown] lang="es"
# ## 2. La lista {#lab-list}
#
# Una empresa guarda diez mil ficheros de sus clientes y cada noche calcula lo que cuesta cada uno: sus megabytes
# por el precio de su tarifa. La lista es un CSV en S3, con una fila por fichero. Los precios, en céntimos por
# megabyte, van en otro objeto.

# %% [markdown] lang="en"
# ## 2. The list {#lab-list}
#
# A company stores ten thousand files of its customers and works out every night what each one costs: its megabytes
# times the price of its plan. The list is a CSV in S3, with a row for each file. The prices, in cents per megabyte,
# are in another object.

# %%
BUCKET = "lab-ten-thousand-files"
s3.create_bucket(Bucket=BUCKET)


def save(key, text):
    s3.put_object(Bucket=BUCKET, Key=key, Body=text)


def load(key):
    return json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def save_list(key, files):
    text = io.StringIO()
    table = csv.DictWriter(text, ["file", "plan", "megabytes"], lineterminator="\n")
    table.writeheader()
    table.writerows(files)
    save(key, text.getvalue())
    return text.getvalue()


prices = {"basic": 1, "plus": 2, "pro": 3}
plans = list(prices)
monday = [
    {"file": f"{n:05}.pdf", "plan": plans[n % 3], "megabytes": n * 37 % 400}
    for n in range(1, 10_001)
]
for file in monday[6006::400]:
    file["plan"] = "gold"
save("prices.json", json.dumps(prices))
print(save_list("monday.csv", monday)[:84])

# %% [markdown] lang="es"
# ## 3. Un Map distribuido {#lab-map}
#
# Un Map en línea apuntaría diez mil iteraciones en un solo historial, y no caben: el límite son 25 000 eventos. El
# **Map distribuido** lee la lista de S3 y reparte los ficheros entre ejecuciones hijas, cada una con su historial.
# Cuatro campos deciden cómo:
#
# - `ItemReader`: de dónde salen los elementos. La entrada de la ejecución dice qué lista y cuántas filas.
# - `ItemBatcher`: cien ficheros en cada hija, así que son cien hijas y no diez mil.
# - `MaxConcurrency`: diez hijas a la vez.
# - `ResultWriter`: los resultados van a S3, y con ellos qué hijas fallaron y con qué entrada.
#
# Cada hija lee los precios, trabaja diez segundos (aquí, un `Wait`) y suma lo que cuestan sus cien ficheros.

# %% [markdown] lang="en"
# ## 3. A distributed Map {#lab-map}
#
# An inline Map would write ten thousand iterations into one history, and they do not fit: the limit is 25,000
# events. The **distributed Map** reads the list from S3 and deals the files out to child executions, each with a
# history of its own. Four fields decide how:
#
# - `ItemReader`: where the items come from. The execution's input says which list and how many rows.
# - `ItemBatcher`: a hundred files in each child, so there are a hundred children and not ten thousand.
# - `MaxConcurrency`: ten children at once.
# - `ResultWriter`: the results go to S3, and with them which children failed, and with which input.
#
# Each child reads the prices, works for ten seconds (here, a `Wait`), and adds up what its hundred files cost.

# %%
add_up = """{%
    $sum($states.input.Items.(
        $price := $lookup($prices, plan);
        $exists($price)
            ? $number(megabytes) * $price
            : $error('no price for ' & plan)
    ))
%}"""
child = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
    "StartAt": "Read prices",
    "States": {
        "Read prices": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
            "Arguments": {"Bucket": BUCKET, "Key": "prices.json"},
            "Assign": {"prices": "{% $parse($states.result.Body) %}"},
            "Output": "{% $states.input %}",
            "Next": "Work",
        },
        "Work": {"Type": "Wait", "Seconds": 10, "Next": "Add up"},
        "Add up": {"Type": "Pass", "Output": add_up, "End": True},
    },
}
files = {
    "Type": "Map",
    "ItemReader": {
        "Resource": "arn:aws:states:::s3:getObject",
        "Arguments": {"Bucket": BUCKET, "Key": "{% $states.input.list %}"},
        "ReaderConfig": {
            "InputType": "CSV",
            "CSVHeaderLocation": "FIRST_ROW",
            "MaxItems": "{% $states.input.most %}",
        },
    },
    "ItemBatcher": {"MaxItemsPerBatch": 100},
    "MaxConcurrency": 10,
    "ItemProcessor": child,
    "ResultWriter": {
        "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": {"Bucket": BUCKET, "Prefix": "results"},
    },
    "End": True,
}
definition = {
    "QueryLanguage": "JSONata", "StartAt": "Files", "States": {"Files": files},
}
draw(definition, language=LANGUAGE)

# %% [markdown] lang="es"
# El rol necesita leer y escribir en el bucket y arrancar ejecuciones de su propia máquina: las hijas. `run` empieza
# una ejecución y `finish` espera a que acabe y cuenta cómo ha ido el Map Run, que es el conjunto de todas las
# hijas.

# %% [markdown] lang="en"
# The role must read and write in the bucket and start executions of its own machine: the children. `run` starts an
# execution, and `finish` waits for its end and tells how the Map Run went, which is all the children together.

# %%
trust = {
    "Effect": "Allow",
    "Principal": {"Service": "states.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
allowed = {"Effect": "Allow", "Resource": "*", "Action": [
    "s3:GetObject", "s3:PutObject", "s3:ListBucket",
    "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload",
    "states:StartExecution", "states:DescribeExecution",
    "states:StopExecution", "states:RedriveExecution",
]}


def policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


role = iam.create_role(
    RoleName="files", AssumeRolePolicyDocument=policy(trust)
)["Role"]["Arn"]
iam.put_role_policy(
    RoleName="files", PolicyName="map", PolicyDocument=policy(allowed)
)
time.sleep(15)
machine = sfn.create_state_machine(
    name="files", roleArn=role, definition=json.dumps(definition)
)["stateMachineArn"]


def start(key, most=10_000):
    return sfn.start_execution(
        stateMachineArn=machine, input=json.dumps({"list": key, "most": most})
    )["executionArn"]


def map_run(execution):
    return sfn.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]


def finish(execution):
    answer = sfn.describe_execution(executionArn=execution)
    while answer["status"] == "RUNNING":
        time.sleep(5)
        answer = sfn.describe_execution(executionArn=execution)
    counts = sfn.describe_map_run(mapRunArn=map_run(execution))["itemCounts"]
    print(answer["status"], answer.get("error", ""))
    print(TEXT["counts"].format(**counts))
    return execution


def run(key, most=10_000):
    return finish(start(key, most))

# %% [markdown] lang="es"
# Antes de soltar la máquina contra todo, unas pocas filas. Con 300 salen tres lotes:

# %% [markdown] lang="en"
# Before letting it loose on everything, a few rows. With 300 there are three batches:

# %%
_ = run("monday.csv", most=300)

# %% [markdown] lang="es"
# ## 4. Los diez mil {#lab-all}
#
# **Rómpelo.** Ahora la lista entera.

# %% [markdown] lang="en"
# ## 4. All ten thousand {#lab-all}
#
# **Break it.** Now the whole list.

# %%
night = run("monday.csv")
draw(*recorded(sfn, night), language=LANGUAGE)

# %% [markdown] lang="es"
# Fallaron tres lotes de cien. Mientras no digas otra cosa, no se tolera ni un fallo: el Map Run se detiene y la
# ejecución acaba con `States.ExceedToleratedFailureThreshold`. Ese error dice que algo falló, no qué. (En AWS
# [puede seguir ejecutando hijas](https://docs.aws.amazon.com/es_es/step-functions/latest/dg/maprun-fail-threshold.html)
# un momento antes de detenerse.)
#
# ## 5. ¿Qué falló? {#lab-failed}
#
# `ResultWriter` deja en S3 una carpeta por Map Run. Su `manifest.json` dice dónde están los resultados: lo que
# salió bien en `SUCCEEDED`, lo que falló en `FAILED` y lo que no empezó en `PENDING`. De cada hija están su
# entrada, sus fechas y, si falló, su error.

# %% [markdown] lang="en"
# Three batches of a hundred failed. Unless you say otherwise, not a single failure is tolerated: the Map Run stops
# and the execution ends with `States.ExceedToleratedFailureThreshold`. That error says that something failed, not
# what. (On AWS it
# [may go on running children](https://docs.aws.amazon.com/step-functions/latest/dg/maprun-fail-threshold.html)
# for a moment before it stops.)
#
# ## 5. What failed? {#lab-failed}
#
# `ResultWriter` leaves a folder in S3 for each Map Run. Its `manifest.json` names the result files: what went well
# in `SUCCEEDED`, what failed in `FAILED`, what never started in `PENDING`. Of each child they hold its input, its
# dates and, if it failed, its error.

# %%
def results(execution):
    folder = "results/" + map_run(execution).split(":")[-1]
    manifest = load(f"{folder}/manifest.json")
    return {
        status: [found for part in parts for found in load(part["Key"])]
        for status, parts in manifest["ResultFiles"].items()
    }


def items(found):
    return json.loads(found["Input"])["Items"]


def explain(failed):
    for found in failed:
        cause = found["Cause"].rpartition(". ")[2]
        print(TEXT["cause"].format(files=len(items(found)), cause=cause))


before = results(night)
explain(before["FAILED"])

# %% [markdown] lang="es"
# Alguien vendió una tarifa `gold` y no la apuntó en los precios. El mensaje es el que escribiste en `$error`, y `D3137`
# es el código que JSONata le pone. En cada uno de esos lotes hay un solo fichero con ella, pero **un lote acierta o
# falla entero**.
#
# ### Para verlo {#lab-progress}
#
# Con las fechas de cada hija se dibuja la noche: una línea que sube con cada lote que acaba bien y un aspa donde
# uno falla.

# %% [markdown] lang="en"
# Somebody sold a `gold` plan and did not put it into the prices. The message is the one you wrote in `$error`, and
# `D3137` is the code that JSONata gives it. There is a single file with it in each of those batches, but **a batch
# succeeds or fails as a whole**.
#
# ### To see it {#lab-progress}
#
# With the dates of each child the night can be drawn: a line that goes up with each batch that ends well, and a
# cross where one fails.

# %%
def seconds(text):
    return datetime.fromisoformat(text).timestamp()


class Progress:
    def __init__(self, *nights):
        ended = {
            (found["StopDate"], found["Name"]): (status == "SUCCEEDED", found)
            for night in nights
            for status in ["FAILED", "SUCCEEDED"]
            for found in night[status]
        }
        began = min(seconds(found["StartDate"]) for _, found in ended.values())
        self.points, self.failed, done = [(0, 0)], [], 0
        for stopped, name in sorted(ended):
            good, found = ended[stopped, name]
            done += len(items(found)) if good else 0
            marks = self.points if good else self.failed
            marks.append((seconds(stopped) - began, done))

    @property
    def alt(self):
        latest = {round(when): done for when, done in self.points}
        points = [
            TEXT["point"].format(files=done, seconds=when)
            for when, done in latest.items()
        ]
        failed = len(self.failed)
        return TEXT["alt"].format(points=", ".join(points), failed=failed)

    def _repr_svg_(self):
        last = max(when for when, _ in self.points + self.failed)

        def at(when, done):
            return f"{70 + 370 * when / last:.0f} {240 - 0.019 * done:.0f}"

        line, previous = "", 0
        for when, done in self.points:
            line += f"{'L' if line else 'M'}{at(when, previous)}L{at(when, done)}"
            previous = done
        parts = [f'<path d="{line}" fill="none" stroke-width="2.5"/>']
        for place in dict.fromkeys(at(*mark) for mark in self.failed):
            cross = f'transform="translate({place})" d="M-6-6L6 6M6-6L-6 6"'
            parts.append(f'<path {cross} stroke-width="2.5"/>')
        words = 'stroke="none" text-anchor'
        for done in [0, 5_000, 10_000]:
            y = 240 - 0.019 * done
            parts.append(f'<path d="M70 {y}H450" stroke-opacity="0.3"/>')
            parts.append(f'<text x="60" y="{y + 5}" {words}="end">{done}</text>')
        for when in range(0, int(last) + 1, 10 * max(1, round(last / 40))):
            x = at(when, 0).split()[0]
            parts.append(f'<text x="{x}" y="264" {words}="middle">{when} s</text>')
        alt, title = escape(self.alt), escape(TEXT["title"])
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 276" '
            f'width="480" role="img" aria-label="{alt}" font-size="16" '
            f'fill="currentColor" stroke="currentColor"><title>{alt}</title>'
            f'<text x="8" y="20" stroke="none" font-weight="600">{title}</text>'
            f'{"".join(parts)}</svg>'
        )


Progress(before)

# %% [markdown] lang="es"
# ## 6. Arreglar y seguir {#lab-redrive}
#
# **Arréglalo.** Se añade el precio que faltaba y `redrive_execution` retoma la ejecución. No repite lo que salió
# bien: solo vuelven a correr los lotes que fallaron y los que no empezaron.

# %% [markdown] lang="en"
# ## 6. Repair and go on {#lab-redrive}
#
# **Fix it.** The missing price is added, and `redrive_execution` takes the execution up again. It does not repeat
# what went well: only the batches that failed and those that never started are run.

# %%
save("prices.json", json.dumps({**prices, "gold": 5}))
time.sleep(30)
sfn.redrive_execution(executionArn=night)
finish(night)
after = results(night)
Progress(before, after)

# %% [markdown] lang="es"
# El tramo llano es el tiempo que tardaste en arreglarlo. Los 67 lotes buenos no se volvieron a pagar.
#
# **Tu turno.** Antes de abrir la solución: ¿cuántas hijas ha ejecutado la noche en total, contando las dos partes?
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# 103. Primero 70, de las que fallaron tres; después esas tres y las 30 que faltaban.
#
# </details>
#
# ## 7. Lo que redrive no arregla {#lab-input}
#
# **Rómpelo.** El martes, tres filas traen los megabytes con coma: `12,5`.

# %% [markdown] lang="en"
# The flat stretch is the time you took to repair it. The 67 good batches were not paid for again.
#
# **Your turn.** Before you open the solution: how many children did the night run in all, both parts counted?
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# 103. First 70, of which three failed; then those three and the 30 that were left.
#
# </details>
#
# ## 7. What redrive does not repair {#lab-input}
#
# **Break it.** On Tuesday three rows have megabytes with a decimal comma: `12,5`.

# %%
tuesday = [dict(file) for file in monday]
for file in tuesday[1233::3000][:3]:
    file["megabytes"] = "12,5"
save_list("tuesday.csv", tuesday)
night = run("tuesday.csv")
explain(results(night)["FAILED"])

# %% [markdown] lang="es"
# ¿Corregir el CSV y `redrive`? Pruébalo:

# %% [markdown] lang="en"
# Correct the CSV and `redrive`? Try it:

# %%
fixed = [
    {**file, "megabytes": str(file["megabytes"]).replace(",", ".")}
    for file in tuesday
]
save_list("tuesday.csv", fixed)
sfn.redrive_execution(executionArn=night)
_ = finish(night)

# %% [markdown] lang="es"
# Falla lo mismo. Una hija se repite **con la misma entrada**, y la fila mala va dentro. Redrive sirve cuando lo que
# se arregla está fuera: un precio, un permiso, un servicio caído.
#
# ## 8. Tolerar y repasar {#lab-tolerate}
#
# Que tres filas mal escritas paren a diez mil no tiene sentido. **Arréglalo**: se tolera hasta un 5 %, y lo que
# falle se repasa después.

# %% [markdown] lang="en"
# The same fails. A child is repeated **with the same input**, and the bad row is in it. Redrive helps when what you
# repair is outside: a price, a permission, a service that was down.
#
# ## 8. Tolerate and go over it {#lab-tolerate}
#
# It makes no sense that three badly written rows stop ten thousand. **Fix it**: up to 5% is tolerated, and what fails
# is gone over later.

# %%
files["ToleratedFailurePercentage"] = 5
sfn.update_state_machine(
    stateMachineArn=machine, definition=json.dumps(definition)
)
time.sleep(10)
save_list("tuesday.csv", tuesday)
night = run("tuesday.csv")
failed = [file for found in results(night)["FAILED"] for file in items(found)]
for file in failed:
    if "," in file["megabytes"]:
        print(TEXT["bad"].format(**file))

# %% [markdown] lang="es"
# La ejecución acaba en `SUCCEEDED` con 300 ficheros sin calcular: nadie te avisará si no miras las cuentas. El
# objeto `FAILED` es la lista de lo que falta. Se corrige, se guarda como otra lista y se procesa con la misma
# máquina:

# %% [markdown] lang="en"
# The execution ends in `SUCCEEDED` with 300 files not worked out: nobody will tell you unless you look at the
# counts. The `FAILED` file is the list of what is missing. It is corrected, saved as another list, and processed by
# the same machine:

# %%
for file in failed:
    file["megabytes"] = file["megabytes"].replace(",", ".")
save_list("repaired.csv", failed)
repaired = run("repaired.csv")

# %% [markdown] lang="es"
# ¿Cuadra? Lo que suman las hijas de las dos ejecuciones debe ser lo que da la lista entera.

# %% [markdown] lang="en"
# Does it add up? What the children of both executions sum to must be what the whole list gives.

# %%
known = load("prices.json")
expected = sum(float(file["megabytes"]) * known[file["plan"]] for file in fixed)
found = sum(
    json.loads(child["Output"])
    for execution in [night, repaired]
    for child in results(execution)["SUCCEEDED"]
)
print(TEXT["total"].format(found=found, expected=expected))

# %% [markdown] lang="es"
# **Tu turno.** Pon `MaxItemsPerBatch` a 10 en la celda del Map, ejecútala y repite esta sección. ¿Cuántos ficheros
# se quedan sin calcular, y qué has pagado por ello?
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# Treinta: diez por cada fila mala. A cambio hay mil hijas en vez de cien, y mil lecturas de los precios. Lotes
# grandes salen baratos; lotes pequeños aíslan mejor. Con un fichero por hija no se pierde ninguno bueno. (La celda
# del Map crea de nuevo la definición sin tolerancia; esta sección la vuelve a poner.)
#
# </details>
#
# ## 9. Más deprisa, sin parar {#lab-faster}
#
# Un Map Run en marcha se puede cambiar. Este empieza de diez en diez y, a los 45 segundos, pasa a cincuenta.

# %% [markdown] lang="en"
# **Your turn.** Put 10 into `MaxItemsPerBatch` in the Map's cell, run that cell and repeat this section. How many
# files are left without a result, and what have you paid for it?
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# Thirty: ten for each bad row. In exchange there are a thousand children instead of a hundred, and a thousand reads
# of the prices. Large batches are cheap; small ones isolate better. With a file for each child no good one is lost.
# (The Map's cell makes the definition anew, without tolerance; this section puts it back.)
#
# </details>
#
# ## 9. Faster, without stopping {#lab-faster}
#
# A Map Run under way can be changed. This one starts ten at a time and goes up to fifty after 45 seconds.

# %%
night = start("monday.csv")
time.sleep(45)
sfn.update_map_run(mapRunArn=map_run(night), maxConcurrency=50)
finish(night)
Progress(results(night))

# %% [markdown] lang="es"
# La pendiente es la velocidad: 100 ficheros por segundo al principio, 500 después.
#
# **Tu turno.** ¿Cuánto tardaría todo con `maxConcurrency=100` desde el principio? ¿Y con 1000?
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# Unos diez segundos en los dos casos: solo hay cien lotes, y un lote tarda diez segundos. Para ir más deprisa hacen
# falta lotes más pequeños. En AWS el límite suele ponerlo otro: la base de datos o la API a la que llaman todas las
# hijas a la vez.
#
# </details>
#
# ## 10. Limpieza {#lab-clean-up}
#
# Un bucket no se puede borrar hasta que esté vacío, y los resultados siguen ahí.

# %% [markdown] lang="en"
# The slope is the speed: 100 files a second at first, 500 later.
#
# **Your turn.** How long would all of it take with `maxConcurrency=100` from the start? And with 1000?
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# About ten seconds in both cases: there are only a hundred batches, and a batch takes ten seconds. To go faster you
# need smaller batches. On AWS it is usually something else that sets the limit: the database or the API that all
# the children call at once.
#
# </details>
#
# ## 10. Clean-up {#lab-clean-up}
#
# A bucket cannot be deleted before it is empty, and the results are still there.

# %%
for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
    for found in page["Contents"]:
        s3.delete_object(Bucket=BUCKET, Key=found["Key"])
s3.delete_bucket(Bucket=BUCKET)
sfn.delete_state_machine(stateMachineArn=machine)
iam.delete_role_policy(RoleName="files", PolicyName="map")
iam.delete_role(RoleName="files")
time.sleep(10)
print(TEXT["left"].format(resources=len(cloud.resources())))

# %% [markdown] lang="es"
# ## Comprueba lo aprendido {#lab-check}
#
# <details class="question" markdown="1">
# <summary>¿Qué cuenta <code>ToleratedFailurePercentage</code>, lotes o ficheros?</summary>
#
# Ficheros. Un lote que falla cuenta todos los suyos: tres filas malas fueron 300 de 10 000, un 3 %. Con el 5 %
# había sitio para cinco lotes.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>¿Por qué las hijas son Express?</summary>
#
# Porque son cortas y se pueden repetir sin daño: solo suman. Una Express se paga por petición y por duración, y
# sale mucho más barata que las transiciones de una Standard. A cambio no puede pasar de cinco minutos, no deja
# historial y, en un redrive, empieza desde el principio.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>La noche acabó en <code>SUCCEEDED</code> con 300 ficheros de menos. ¿Cómo te enterarías?</summary>
#
# Con un estado detrás del Map que llame a `aws-sdk:sfn:describeMapRun`, mire `ItemCounts.Failed` y avise si no es
# cero. Tolerar no es olvidar.
#
# </details>

# %% [markdown] lang="en"
# ## Check yourself {#lab-check}
#
# <details class="question" markdown="1">
# <summary>What does <code>ToleratedFailurePercentage</code> count, batches or files?</summary>
#
# Files. A batch that fails counts all of its own: three bad rows were 300 of 10,000, which is 3%. With 5% there
# was room for five batches.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Why are the children Express?</summary>
#
# Because they are short and can be repeated without harm: they only add up. An Express one is paid for by request
# and by duration, and is much cheaper than the transitions of a Standard one. In exchange it cannot last longer
# than five minutes, leaves no history and, in a redrive, starts from the beginning.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>The night ended in <code>SUCCEEDED</code> with 300 files missing. How would you find out?</summary>
#
# With a state after the Map that calls `aws-sdk:sfn:describeMapRun`, looks at `ItemCounts.Failed`, and tells
# somebody when it is not zero. To tolerate is not to forget.
#
# </details>
