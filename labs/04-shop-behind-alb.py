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
import io
import json
import time
import urllib.request
import zipfile
from collections import Counter
from html import escape
from http.cookiejar import CookieJar
from urllib.error import HTTPError

import boto3
from eslabon import Cloud, activate
from eslabon.elbv2 import explain

cloud = activate(Cloud(seed=1)).start()
aws_lambda = boto3.client("lambda")
ec2 = boto3.client("ec2")
elb = boto3.client("elbv2")
iam = boto3.client("iam")
logs = boto3.client("logs")

# %% [markdown] lang="es"
# Los textos que se imprimen y se dibujan van aparte, para que el resto del código sea el mismo en todos los
# idiomas.

# %% [markdown] lang="en"
# The texts that are printed and drawn are kept apart, so that the rest of the code is the same in every language.

# %% lang="es" tags=["labels"]
TEXT = {
    "step": "peso {weight} %: {count} peticiones, {errors} errores",
    "back": "demasiados errores: vuelta atrás",
    "fine": "bien",
    "wrong": "MAL ",
    "left": "recursos que quedan en la nube: {resources}",
    "rounds": "Parte de la versión nueva en cada ronda",
    "row": "rondas de {count} peticiones",
    "span": "rondas de {count} peticiones: entre el {low} % y el {high} %",
    "line": "con un peso del {weight} %",
    "percent": "{share} %",
    "rollout": "Parte de las peticiones de la versión nueva",
    "good": "contestó bien",
    "bad": "error",
    "weight": "peso",
    "part": "con un peso del {weight} %, {good} % bien y {bad} % con error",
}

# %% lang="en" tags=["labels"]
TEXT = {
    "step": "weight {weight}%: {count} requests, {errors} errors",
    "back": "too many errors: going back",
    "fine": "fine ",
    "wrong": "WRONG",
    "left": "resources left in the cloud: {resources}",
    "rounds": "Share of the new version in each round",
    "row": "rounds of {count} requests",
    "span": "rounds of {count} requests: between {low}% and {high}%",
    "line": "with a weight of {weight}%",
    "percent": "{share}%",
    "rollout": "Share of the requests of the new version",
    "good": "answered well",
    "bad": "error",
    "weight": "weight",
    "part": "with a weight of {weight}%, {good}% fine and {bad}% with an error",
}

# %% [markdown] lang="es"
# ## 2. Tres programas y una sola dirección {#lab-shop}
#
# La tienda era un solo programa. Ahora son tres, de tres equipos: la portada (`web`), el catálogo (`catalog`) y el
# carrito (`cart`). Cada uno está en una dirección IP de la VPC, como un contenedor, y cada uno tiene su grupo de
# destinos.
#
# `program` hace un programa que solo conoce las rutas de su equipo: contesta con su nombre y lo que le han pedido, o
# con un 404. `cloud.host()` lo pone en la dirección.

# %% [markdown] lang="en"
# ## 2. Three programs and a single address {#lab-shop}
#
# The shop used to be one program. Now there are three, of three teams: the front page (`web`), the catalogue
# (`catalog`) and the cart (`cart`). Each is at an IP address of the VPC, as a container is, and each has a target
# group of its own.
#
# `program` makes a program that knows only its team's paths: it answers with its name and what it was asked for, or
# with a 404. `cloud.host()` puts it at the address.

# %%
default = {"Name": "default-for-az", "Values": ["true"]}
subnets = ec2.describe_subnets(Filters=[default])["Subnets"][:2]
vpc = subnets[0]["VpcId"]
firewall = ec2.create_security_group(
    GroupName="shop", Description="HTTP", VpcId=vpc
)["GroupId"]
ec2.authorize_security_group_ingress(GroupId=firewall, IpPermissions=[{
    "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
}])


def program(name, root, breaks=()):
    def application(environ, start_response):
        path = environ["PATH_INFO"]
        status = "404 Not Found"
        if path.endswith(breaks):
            status = "500 Internal Server Error"
        elif path in ["/", root] or path.startswith(root + "/"):
            status = "200 OK"
        start_response(status, [("Content-Type", "text/plain")])
        query = "?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else ""
        return [f"{name} {path}{query}".encode()]

    return application


free = iter(range(10, 50))
groups = {}


def service(name, root):
    address = f"172.31.0.{next(free)}"
    cloud.host(address, program(name, root))
    groups[name] = elb.create_target_group(
        Name=name, TargetType="ip", Protocol="HTTP", Port=80, VpcId=vpc
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=groups[name], Targets=[{"Id": address}])
    return address


service("web", "")
service("catalog", "/products")
_ = service("cart", "/cart")

# %% [markdown] lang="es"
# Los clientes no tienen por qué saber nada de esto. Ven un solo nombre: el de un Application Load Balancer, que de
# momento lo envía todo a la portada.

# %% [markdown] lang="en"
# Customers need not know any of this. They see a single name: that of an Application Load Balancer, which for now
# sends everything to the front page.

# %%
def forward(name):
    return {"Type": "forward", "TargetGroupArn": groups[name]}


balancer = elb.create_load_balancer(
    Name="shop", Subnets=[subnet["SubnetId"] for subnet in subnets],
    SecurityGroups=[firewall],
)["LoadBalancers"][0]
arn, url = balancer["LoadBalancerArn"], f"http://{balancer['DNSName']}"
listener = elb.create_listener(
    LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[forward("web")]
)["Listeners"][0]["ListenerArn"]
elb.get_waiter("load_balancer_available").wait(LoadBalancerArns=[arn])
time.sleep(60)


def ask(path, headers=None, send=urllib.request.urlopen):
    request = urllib.request.Request(url + path, headers=headers or {})
    try:
        with send(request) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def show(path, headers=None):
    sent = [f"{name}: {value}" for name, value in (headers or {}).items()]
    print(path, *sent, "->", *ask(path, headers))


show("/")
show("/products/7")

# %% [markdown] lang="es"
# ## 3. Por la ruta {#lab-path}
#
# Una regla para cada equipo. Los números son la prioridad; se dejan huecos para lo que venga.

# %% [markdown] lang="en"
# ## 3. By path {#lab-path}
#
# A rule for each team. The numbers are priorities; leave gaps for what is to come.

# %%
rules = {}


def rule(name, priority, action, *conditions):
    rules[name] = elb.create_rule(
        ListenerArn=listener, Priority=priority,
        Conditions=conditions, Actions=[action],
    )["Rules"][0]["RuleArn"]
    time.sleep(60)


def change(name, **what):
    elb.modify_rule(RuleArn=rules[name], **what)
    time.sleep(10)


def path(*values):
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": values}}


rule("catalog", 20, forward("catalog"), path("/products/*"))
rule("cart", 30, forward("cart"), path("/cart*"))
show("/")
show("/products/7")
show("/cart")
show("/cart/pay")

# %% [markdown] lang="es"
# La ruta llega **entera** al programa: el catálogo recibe `/products/7`, no `/7`.
#
# **Tu turno.** ¿Quién contesta a `/products`, sin barra al final? Pruébalo y arréglalo. `change` modifica una regla.
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# La portada: a `/products/*` le hace falta la barra. La regla necesita los dos valores, y basta con que se cumpla
# uno:
#
# ```python
# change("catalog", Conditions=[path("/products", "/products/*")])
# show("/products")
# ```
#
# </details>

# %% [markdown] lang="en"
# The path reaches the program **whole**: the catalogue gets `/products/7`, not `/7`.
#
# **Your turn.** Who answers `/products`, without a slash at the end? Try it, and repair it. `change` modifies a rule.
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# The front page: `/products/*` needs the slash. The rule needs both values, and one that matches is enough:
#
# ```python
# change("catalog", Conditions=[path("/products", "/products/*")])
# show("/products")
# ```
#
# </details>

# %%
show("/products")
# change("catalog", Conditions=[path(...)])

# %% [markdown] lang="es"
# ## 4. Por una cabecera {#lab-header}
#
# La versión 1 de la aplicación para móviles envía el carrito en un formato que el programa nuevo ya no entiende. Hay
# que conservar el programa viejo, solo para ella. La aplicación dice su versión en la cabecera `X-App-Version`.

# %% [markdown] lang="en"
# ## 4. By a header {#lab-header}
#
# Version 1 of the mobile app sends the cart in a format that the new program no longer understands. The old program
# has to stay, for that version alone. The app sends its version in the header `X-App-Version`.

# %%
service("cart-old", "/cart")
old_app = {"Field": "http-header", "HttpHeaderConfig": {
    "HttpHeaderName": "X-App-Version", "Values": ["1.*"],
}}
rule("old app", 10, forward("cart-old"), old_app)
show("/cart", {"X-App-Version": "1.4"})
show("/cart", {"X-App-Version": "2.0"})
show("/products/7", {"X-App-Version": "1.4"})

# %% [markdown] lang="es"
# El carrito funciona, pero quien tiene la aplicación vieja se ha quedado sin catálogo: la regla 10 se lleva **todo**
# lo que pide. **Arréglalo**: hacen falta dos condiciones, y una regla solo decide cuando se cumplen todas.

# %% [markdown] lang="en"
# The cart works, but people with the old app have lost the catalogue: rule 10 takes **everything** they ask for.
# **Fix it**: two conditions are needed, and a rule decides only when all of them hold.

# %%
change("old app", Conditions=[old_app, path("/cart", "/cart/*")])
show("/cart", {"X-App-Version": "1.4"})
show("/products/7", {"X-App-Version": "1.4"})

# %% [markdown] lang="es"
# **Tu turno.** ¿Adónde irá el carrito de la versión `10.2`? ¿Y si el valor fuera `1*`? Dilo antes de probarlo.
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# Al programa nuevo: `1.*` exige el punto detrás del 1. El punto no es un comodín; solo lo son `*` y `?`. Con `1*`
# iría al viejo, y nadie lo notaría hasta que saliera la versión 10.
#
# </details>

# %% [markdown] lang="en"
# **Your turn.** Where will the cart of version `10.2` go? And if the value were `1*`? Say it before you try.
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# To the new program: `1.*` requires a dot after the 1. The dot is not a wildcard; only `*` and `?` are. With `1*` it
# would go to the old one, and nobody would notice until version 10 came out.
#
# </details>

# %%
show("/cart", {"X-App-Version": "10.2"})

# %% [markdown] lang="es"
# ## 5. Por un parámetro {#lab-query}
#
# Marketing quiere ver la portada de verano antes que nadie, con la misma dirección y `?preview=summer`.

# %% [markdown] lang="en"
# ## 5. By a parameter {#lab-query}
#
# Marketing wants to see the summer front page before anybody else, at the same address with `?preview=summer`.

# %%
service("summer", "")
preview = {"Field": "query-string", "QueryStringConfig": {
    "Values": [{"Key": "preview", "Value": "summer"}],
}}
rule("preview", 40, forward("summer"), preview)
show("/?preview=summer")
show("/?lang=es&PREVIEW=Summer")
show("/?preview=summertime")
show("/products/7?preview=summer")

# %% [markdown] lang="es"
# El orden de los parámetros y las mayúsculas dan igual; el valor tiene que ser ese, entero. Y los productos no salen
# en su versión de verano, porque la regla 20 se prueba antes que la 40.
#
# No lo confundas con un secreto: cualquiera que conozca el parámetro ve la portada.
#
# **Tu turno.** Haz que `/products/7?preview=summer` llegue a `summer`, sin crear ni borrar reglas.
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# La regla tiene que probarse antes que la del catálogo. Cualquier número libre por debajo de 20 sirve:
#
# ```python
# elb.set_rule_priorities(RulePriorities=[
#     {"RuleArn": rules["preview"], "Priority": 5}
# ])
# time.sleep(10)
# show("/products/7?preview=summer")
# ```
#
# </details>

# %% [markdown] lang="en"
# The order of parameters and capital letters make no difference; the value has to be that one, whole. And a product
# cannot be seen in summer, because rule 20 is tried before 40.
#
# Do not mistake it for a secret: anybody who knows the parameter sees the page.
#
# **Your turn.** Make `/products/7?preview=summer` reach `summer`, without creating or deleting rules.
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# The rule has to be tried before the catalogue's. Any free number below 20 will do:
#
# ```python
# elb.set_rule_priorities(RulePriorities=[
#     {"RuleArn": rules["preview"], "Priority": 5}
# ])
# time.sleep(10)
# show("/products/7?preview=summer")
# ```
#
# </details>

# %%
# elb.set_rule_priorities(RulePriorities=[...])

# %% [markdown] lang="es"
# ## 6. Una petición sorprendente {#lab-explain}
#
# La portada tiene una sección nueva, `/cartoons`, con los tebeos. En el ordenador de quien la programó funciona.
# Detrás del balanceador, no:

# %% [markdown] lang="en"
# ## 6. A surprising request {#lab-explain}
#
# The front page has a new section of comics, `/cartoons`. On its programmer's computer it works. Behind the load
# balancer it does not:

# %%
show("/cartoons")

# %% [markdown] lang="es"
# ¿Qué hace ahí `cart`? En AWS mirarías los registros de acceso, que dicen la prioridad de la regla que decidió
# (`matched_rule_priority`). Aquí, `explain` te cuenta, en inglés, qué pasaría con una petición, sin enviarla:

# %% [markdown] lang="en"
# What does `cart` have to do with it? On AWS you would look at the access logs, which give the priority of the rule
# that decided (`matched_rule_priority`). Here, `explain` tells you what would happen to a request, without sending
# it:

# %%
print(explain(cloud, listener, "/cartoons"))

# %% [markdown] lang="es"
# En la sección 3 escribimos `/cart*` para abreviar. Pero `*` no entiende de barras ni de palabras: vale por cualquier
# texto, y `/cartoons` empieza por `/cart`. **Arréglalo** con los dos valores de antes:

# %% [markdown] lang="en"
# In section 3 we wrote `/cart*` for short. But `*` knows nothing of slashes or words: it stands for any text, and
# `/cartoons` begins with `/cart`. **Fix it** with the two values from before:

# %%
change("cart", Conditions=[path("/cart", "/cart/*")])
show("/cartoons")
show("/cart/pay")

# %% [markdown] lang="es"
# ## 7. Redirigir y cerrar {#lab-redirect}
#
# Los correos de una campaña llevan a `/offers`. Hoy las ofertas están en `/products/sale`; mañana, quién sabe. Por
# eso es un 302 y no un 301: un 301 dice «para siempre», y los navegadores se lo guardan.

# %% [markdown] lang="en"
# ## 7. Redirect and close {#lab-redirect}
#
# The emails of a campaign link to `/offers`. Today the offers are at `/products/sale`; tomorrow, who knows. That is
# why it is a 302 and not a 301: a 301 says “for ever”, and browsers keep it.

# %%
offers = {"Type": "redirect", "RedirectConfig": {
    "StatusCode": "HTTP_302",
    "Path": "/products/sale", "Query": "from=mail&#{query}",
}}
rule("offers", 50, offers, path("/offers"))
show("/offers?customer=7")

# %% [markdown] lang="es"
# `urllib` recibió el 302 e hizo él mismo la segunda petición, que pasó otra vez por todas las reglas.
#
# **Rómpelo.** Para cerrar la tienda un rato, alguien lo redirige todo a una página de aviso:

# %% [markdown] lang="en"
# `urllib` got the 302 and made the second request by itself, and that one went through all the rules again.
#
# **Break it.** To close the shop for a while, somebody redirects everything to a notice:

# %%
notice = {"Type": "redirect", "RedirectConfig": {
    "StatusCode": "HTTP_302", "Path": "/closed", "Query": "",
}}
rule("closed", 1, notice, path("/*"))
ask("/products/7")[0]

# %% [markdown] lang="es"
# Nadie llega a ver el aviso: `/closed` también cumple `/*`, así que redirige a `/closed`, que redirige a `/closed`…
# `urllib` se cansa y devuelve el 302; un navegador diría que hay demasiadas redirecciones. AWS solo exige que la
# redirección [cambie el protocolo, el host, el puerto o la
# ruta](https://docs.aws.amazon.com/es_es/elasticloadbalancing/latest/application/rule-action-types.html#redirect-actions),
# no que llegue a alguna parte.
#
# **Arréglalo.** Para cerrar no hace falta llevar a nadie a otro sitio. Que conteste el propio balanceador, con un
# 503: así los buscadores saben que es algo pasajero, y no olvidan tus páginas.

# %% [markdown] lang="en"
# Nobody ever sees the notice: `/closed` matches `/*` too, so it redirects to `/closed`, which redirects to `/closed`…
# `urllib` gives up and returns the 302; a browser would say that there are too many redirects. AWS only demands that
# a redirect [change the protocol, host, port or
# path](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#redirect-actions),
# not that it get anywhere.
#
# **Fix it.** To close the shop you do not have to take anybody anywhere. Let the load balancer itself answer, with a
# 503: that tells search engines that it is temporary, and they do not drop your pages.

# %%
change("closed", Actions=[{"Type": "fixed-response", "FixedResponseConfig": {
    "StatusCode": "503", "ContentType": "text/plain",
    "MessageBody": "Closed. Back at 9.",
}}])
show("/products/7")
elb.delete_rule(RuleArn=rules.pop("closed"))
time.sleep(10)
show("/products/7")

# %% [markdown] lang="es"
# ## 8. Una función en lugar de un servidor {#lab-lambda}
#
# El plazo de entrega se consulta pocas veces y no merece un servidor encendido todo el día. Lo calculará una función
# Lambda. Antes de registrarla hay que permitir que el balanceador la invoque; [Grupos de
# destinos](../load-balancing/target-groups.md#lambda) cuenta por qué.

# %% [markdown] lang="en"
# ## 8. A function instead of a server {#lab-lambda}
#
# The delivery time is seldom asked for, and is not worth a server that is on all day. A Lambda function will work it
# out. Before it is registered, the load balancer must be allowed to invoke it; [Target
# groups](../load-balancing/target-groups.md#lambda) explains why.

# %%
source = """
from urllib.parse import unquote_plus

def handler(event, context):
    city = event["queryStringParameters"].get("city", "?")
    return {
        "statusCode": 200,
        "statusDescription": "200 OK",
        "headers": {"Content-Type": "text/plain; charset=utf-8"},
        "isBase64Encoded": False,
        "body": f"delivery {city}: 2 days",
    }
"""


def package(source):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        file = zipfile.ZipInfo("app.py")
        file.external_attr = 0o644 << 16
        files.writestr(file, source)
    return archive.getvalue()


trust = {"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "lambda.amazonaws.com"},
}}
role = iam.create_role(
    RoleName="delivery", AssumeRolePolicyDocument=json.dumps(trust)
)["Role"]["Arn"]
logs.create_log_group(logGroupName="/aws/lambda/delivery")
time.sleep(15)
function = aws_lambda.create_function(
    FunctionName="delivery", Runtime="python3.13", Handler="app.handler",
    Role=role, Code={"ZipFile": package(source)},
)["FunctionArn"]
aws_lambda.get_waiter("function_active_v2").wait(FunctionName="delivery")
groups["delivery"] = elb.create_target_group(
    Name="delivery", TargetType="lambda"
)["TargetGroups"][0]["TargetGroupArn"]
aws_lambda.add_permission(
    FunctionName="delivery", StatementId="shop", SourceArn=groups["delivery"],
    Action="lambda:InvokeFunction", Principal="elasticloadbalancing.amazonaws.com",
)
elb.register_targets(TargetGroupArn=groups["delivery"], Targets=[{"Id": function}])
rule("delivery", 60, forward("delivery"), path("/delivery"))
show("/delivery?city=Lugo")
show("/delivery?city=A%20Coru%C3%B1a")

# %% [markdown] lang="es"
# Lugo va bien; A Coruña, no. Un servidor web descodifica los parámetros antes de dártelos; el balanceador los pone en
# el evento [tal como
# vienen](https://docs.aws.amazon.com/es_es/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer),
# y descodificarlos es cosa de la función. Es un fallo que no aparece mientras pruebas con palabras sin acentos.
# **Arréglalo**:

# %% [markdown] lang="en"
# Lugo is fine; A Coruña is not. A web server decodes parameters before you get them; the load balancer puts them into
# the event [as they
# come](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer),
# and decoding them is up to the function. It is a bug that stays hidden as long as you test with words without
# accents. **Fix it**:

# %%
city = 'event["queryStringParameters"].get("city", "?")'
source = source.replace(city, f"unquote_plus({city})")
aws_lambda.update_function_code(FunctionName="delivery", ZipFile=package(source))
aws_lambda.get_waiter("function_updated_v2").wait(FunctionName="delivery")
show("/delivery?city=A%20Coru%C3%B1a")

# %% [markdown] lang="es"
# ## 9. Una versión nueva, poco a poco {#lab-canary}
#
# El equipo del catálogo tiene una versión nueva. En vez de hacer el cambio de golpe, la pone al lado de la anterior y
# le da un peso: diez de cada cien peticiones. A esto se le llama *canary*, por los canarios que avisaban del gas en
# las minas.

# %% [markdown] lang="en"
# ## 9. A new version, little by little {#lab-canary}
#
# The catalogue team has a new version. Instead of switching all at once, it puts the new one beside the old one and
# gives it a weight: ten requests in a hundred. That is called a *canary*, after the birds that warned of gas in
# mines.

# %%
new_address = service("catalog-2", "/products")


def shift(weight, **more):
    change("catalog", Actions=[{"Type": "forward", "ForwardConfig": {
        "TargetGroups": [
            {"TargetGroupArn": groups["catalog"], "Weight": 100 - weight},
            {"TargetGroupArn": groups["catalog-2"], "Weight": weight},
        ],
        **more,
    }}])
    time.sleep(60)


def visit(count):
    answers = Counter()
    for number in range(count):
        status, text = ask(f"/products/{number}")
        answers[text.split()[0], status] += 1
    return answers


shift(10)
for (name, status), times in sorted(visit(20).items()):
    print(name, status, times)

# %% [markdown] lang="es"
# ¿Debían ser dos de veinte? No exactamente. Aquí el balanceador no cuenta: **sortea** cada petición. Para ver qué
# significa eso, doce rondas de 20 peticiones y doce de 320; cada ronda es un punto. (Tarda unos segundos.)

# %% [markdown] lang="en"
# Should it have been two in twenty? Not exactly. Here the load balancer does not count: it **draws lots** for each
# request. To see what that means, here are twelve rounds of 20 requests and twelve of 320; each round is a dot. (It
# takes some seconds.)

# %%
WEIGHT = 10


class Rounds:
    def __init__(self, weight, rounds):
        self.weight, self.rounds = weight, rounds
        shares = [share for row in rounds.values() for share in row]
        self.most = min(100, 20 * (1 + int(max(weight, *shares)) // 20))

    @property
    def alt(self):
        rows = [
            TEXT["span"].format(count=count, low=round(min(shares)), high=round(max(shares)))
            for count, shares in self.rounds.items()
        ]
        return f"{TEXT['rounds']}, {TEXT['line'].format(weight=self.weight)}. {'; '.join(rows)}."

    def _repr_svg_(self):
        parts, base = [], 20

        def x(share):
            return round(32 + 412 * share / self.most, 1)

        for count, shares in self.rounds.items():
            ends, dots = [], []  # where each layer of dots ends; who finds no room goes up
            for place in map(x, sorted(shares)):
                fits = [level for level, end in enumerate(ends) if place - end >= 9]
                level = fits[0] if fits else len(ends)
                ends[level:level + 1] = [place]
                dots.append((place, level))
            base += 52 + 10 * len(ends)
            label = escape(TEXT["row"].format(count=count))
            parts.append(
                f'<text x="8" y="{base - 10 * len(ends) - 18}" stroke="none">{label}</text>'
                f'<path d="M32 {base}H444" stroke-opacity="0.4"/>'
            )
            for place, level in dots:
                y = base - 6 - 10 * level
                parts.append(f'<circle cx="{place}" cy="{y}" r="4" stroke="none"/>')
            line = x(self.weight)
            parts.append(
                f'<path d="M{line} {base - 10 * len(ends) - 6}V{base + 8}" '
                'stroke-dasharray="4 3" stroke-width="2"/>'
            )
        for quarter in range(5):
            share = self.most * quarter // 4
            label = TEXT["percent"].format(share=share)
            parts.append(
                f'<text x="{x(share)}" y="{base + 28}" text-anchor="middle" '
                f'stroke="none">{label}</text>'
            )
        alt, title = escape(self.alt), escape(TEXT["rounds"])
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 {base + 36}" '
            f'width="480" role="img" aria-label="{alt}" font-size="16" '
            f'fill="currentColor" stroke="currentColor"><title>{alt}</title>'
            f'<text x="8" y="20" stroke="none" font-weight="600">{title}</text>'
            f'{"".join(parts)}</svg>'
        )


def share(count):
    return round(100 * visit(count)["catalog-2", 200] / count, 1)


shift(WEIGHT)
Rounds(WEIGHT, {
    count: [share(count) for _ in range(12)] for count in [20, 320]
})

# %% [markdown] lang="es"
# La línea de trazos es el peso. Con 20 peticiones sale de todo: en una de cada ocho rondas, nadie ve la versión
# nueva. Con 320, casi todas quedan cerca. El peso es una probabilidad, y hacen falta muchas peticiones para que se
# note: **no mires veinte y digas que va bien**.
#
# AWS no publica cómo elige entre grupos con peso. En esta nube se sortea, y el sorteo es siempre el mismo porque
# empieza siempre igual: con `seed=2` en la primera celda sale otro.
#
# **Tu turno.** Pon `WEIGHT = 50`. ¿Quedarán los puntos más juntos o más separados?
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# Más separados: una moneda al aire es lo más incierto que hay. En rondas de 320 peticiones lo normal son menos de dos
# puntos arriba o abajo con un peso de 10, y casi tres con uno de 50. Con el cuádruple de peticiones, la mitad.
#
# </details>
#
# ### Subir, o volver atrás {#lab-rollout}
#
# `rollout` sube el peso por escalones y en cada uno mira los errores. Si pasan de tres en 300 peticiones, vuelve a
# dejar el peso a 0.
#
# **Rómpelo.** La versión nueva falla con los productos cuyo número acaba en 3 o en 8. A la comprobación de estado,
# que pide `/`, le contesta bien: para el balanceador está sana.

# %% [markdown] lang="en"
# The dashed line is the weight. With 20 requests anything may come out: in one round in eight, nobody sees the new
# version. With 320 nearly all are close. The weight is a probability, and it takes many requests to show: **do not
# look at twenty and say that all is well**.
#
# AWS does not publish how it chooses among weighted groups. In this cloud lots are drawn, and the draw is always the
# same because it always begins the same way: with `seed=2` in the first cell you get another one.
#
# **Your turn.** Set `WEIGHT = 50`. Will the dots be closer together or farther apart?
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# Farther apart: the toss of a coin is as uncertain as can be. In rounds of 320 requests it is normal to be off by a
# little less than two points with a weight of 10, and by nearly three with one of 50. With four times the requests,
# by half of that.
#
# </details>
#
# ### Go up, or go back {#lab-rollout}
#
# `rollout` raises the weight in steps and looks at the errors at each. If there are more than three in 300 requests,
# it puts the weight back to 0.
#
# **Break it.** The new version fails for products whose number ends in 3 or 8. The health check asks for `/`, and
# that works: as far as the load balancer can tell, the new version is healthy.

# %%
STEPS = [10, 25, 50, 100]


def rollout():
    seen = []
    for weight in STEPS:
        shift(weight)
        answers = visit(300)
        errors = answers["catalog-2", 500]
        seen.append((weight, answers["catalog-2", 200] / 3, errors / 3))
        print(TEXT["step"].format(weight=weight, count=300, errors=errors))
        if errors > 3:
            shift(0)
            print(TEXT["back"])
            break
    return Rollout(seen)


class Rollout:
    def __init__(self, steps):
        self.steps = steps

    @property
    def alt(self):
        rows = [
            TEXT["part"].format(weight=weight, good=round(good), bad=round(bad))
            for weight, good, bad in self.steps
        ]
        return f"{TEXT['rollout']}: {'; '.join(rows)}."

    def _repr_svg_(self):
        parts, y = [], 36
        for weight, good, bad in self.steps:
            label = TEXT["percent"].format(share=weight)
            parts.append(
                f'<text x="62" y="{y + 15}" text-anchor="end" stroke="none">{label}</text>'
                f'<path d="M72 {y + 20}H464" stroke-opacity="0.3"/>'
                f'<rect x="72" y="{y}" width="{3.9 * good:.1f}" height="20" fill-opacity="0.6" '
                'stroke="none"/>'
            )
            if bad:
                parts.append(
                    f'<rect x="{72 + 3.9 * good:.1f}" y="{y}" width="{3.9 * bad:.1f}" '
                    'height="20" fill="none" stroke-width="2"/>'
                )
            x = 72 + 3.9 * weight
            parts.append(f'<path d="M{x:.1f} {y - 5}V{y + 25}" stroke-dasharray="4 3" stroke-width="2"/>')
            y += 40
        parts.append(
            f'<rect x="20" y="{y}" width="14" height="14" fill-opacity="0.6" stroke="none"/>'
            f'<text x="42" y="{y + 13}" stroke="none">{TEXT["good"]}</text>'
            f'<rect x="202" y="{y}" width="14" height="14" fill="none" stroke-width="2"/>'
            f'<text x="224" y="{y + 13}" stroke="none">{TEXT["bad"]}</text>'
            f'<path d="M330 {y - 3}v20" stroke-dasharray="4 3" stroke-width="2"/>'
            f'<text x="342" y="{y + 13}" stroke="none">{TEXT["weight"]}</text>'
        )
        alt, title = escape(self.alt), escape(TEXT["rollout"])
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 {y + 24}" '
            f'width="480" role="img" aria-label="{alt}" font-size="16" '
            f'fill="currentColor" stroke="currentColor"><title>{alt}</title>'
            f'<text x="8" y="20" stroke="none" font-weight="600">{title}</text>'
            f'{"".join(parts)}</svg>'
        )


cloud.host(new_address, program("catalog-2", "/products", breaks=("3", "8")))
rollout()

# %% [markdown] lang="es"
# Unas pocas personas vieron el error. Con un cambio de golpe lo habría visto una de cada cinco. Volver atrás ha sido
# **una llamada**, porque la versión anterior seguía ahí. **Arréglalo** y prueba otra vez:

# %% [markdown] lang="en"
# A few people saw the error. Had you switched all at once, one in five would have seen it. Going back took **one
# call**, because the previous version was still there. **Fix it** and try again:

# %%
cloud.host(new_address, program("catalog-2", "/products"))
rollout()

# %% [markdown] lang="es"
# ### La misma persona {#lab-sticky}
#
# El sorteo es por petición, no por persona. A medio camino, quien navega salta de una versión a otra. Si eso importa,
# activa la [persistencia](../load-balancing/stickiness-and-draining.md) **entre grupos**: una cookie guarda lo que
# salió en el primer sorteo.

# %% [markdown] lang="en"
# ### The same person {#lab-sticky}
#
# Lots are drawn for each request, not for each person. Halfway through, somebody who is browsing jumps between
# versions. If that matters, turn on [stickiness](../load-balancing/stickiness-and-draining.md) **between groups**: a
# cookie keeps the result of the first draw.

# %%
def walk(**more):
    shift(50, **more)
    for _ in range(3):
        browser = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        )
        answers = [ask("/products/7", send=browser.open) for _ in range(6)]
        print(*[text.split()[0] for _, text in answers])


walk()
print()
walk(TargetGroupStickinessConfig={"Enabled": True, "DurationSeconds": 3600})

# %% [markdown] lang="es"
# Cada línea es una persona. Con la cookie, cada una ve siempre la misma versión.
#
# **Tu turno.** El equipo quiere que sus propios programadores, que envían `X-Staff: yes`, vean siempre la versión
# nueva, con cualquier peso. ¿Cómo?
#
# <details class="question" markdown="1">
# <summary>Solución</summary>
#
# Con una regla más, antes de la del catálogo. Va entera a `catalog-2`, sin sorteo:
#
# ```python
# staff = {"Field": "http-header", "HttpHeaderConfig": {
#     "HttpHeaderName": "X-Staff", "Values": ["yes"],
# }}
# rule("staff", 15, forward("catalog-2"), staff, path("/products", "/products/*"))
# show("/products/7", {"X-Staff": "yes"})
# ```
#
# </details>

# %% [markdown] lang="en"
# Each line is a person. With the cookie, each always sees the same version.
#
# **Your turn.** The team wants its own programmers, who send `X-Staff: yes`, always to see the new version, whatever
# the weight. How?
#
# <details class="question" markdown="1">
# <summary>Solution</summary>
#
# With one more rule, before the catalogue's. All of it goes to `catalog-2`, and no lots are drawn:
#
# ```python
# staff = {"Field": "http-header", "HttpHeaderConfig": {
#     "HttpHeaderName": "X-Staff", "Values": ["yes"],
# }}
# rule("staff", 15, forward("catalog-2"), staff, path("/products", "/products/*"))
# show("/products/7", {"X-Staff": "yes"})
# ```
#
# </details>

# %%
# rule("staff", ..., forward("catalog-2"), ...)

# %% [markdown] lang="es"
# ## 10. Prueba tus reglas {#lab-rules-test}
#
# Tantas reglas ya no caben en la cabeza, y casi todos los errores de este laboratorio fueron de una regla que se
# llevaba lo que no era suyo. Lo que dice `explain` también lo puede mirar un programa: `rule` es la regla que decide.
# Es una prueba que no envía nada, y puedes pasarla después de cada cambio.

# %% [markdown] lang="en"
# ## 10. Test your rules {#lab-rules-test}
#
# So many rules no longer fit in one's head, and nearly every mistake in this lab was a rule that took what was not
# its own. A program can read what `explain` says, too: `rule` is the rule that decides. Such a test sends nothing,
# and you can run it after each change.

# %%
EXPECTED = [
    ("/", {}, "default"),
    ("/cartoons", {}, "default"),
    ("/products", {}, "catalog"),
    ("/products/7", {"X-App-Version": "1.4"}, "catalog"),
    ("/cart", {"X-App-Version": "1.4"}, "old app"),
    ("/cart/pay", {}, "cart"),
    ("/?preview=summer", {}, "preview"),
    ("/offers", {}, "offers"),
    ("/delivery?city=Lugo", {}, "delivery"),
]
names = {arn: name for name, arn in rules.items()}
for place, headers, expected in EXPECTED:
    won = explain(cloud, listener, place, headers=headers).rule
    found = names.get(won.arn, "default")
    verdict = TEXT["fine" if found == expected else "wrong"]
    print(verdict, place, *headers.values(), "->", found)

# %% [markdown] lang="es"
# ¿Hay un MAL? Es el ejercicio de `/products` de la sección 3, si lo dejaste para luego. Este es el momento.
#
# ## 11. Limpieza {#lab-clean-up}
#
# Primero el balanceador, y con él se van el listener y las reglas. Después los grupos, la función y, cuando ya nadie
# lo use, el grupo de seguridad.

# %% [markdown] lang="en"
# Is one WRONG? It is the exercise about `/products` in section 3, if you left it for later. Now is the time.
#
# ## 11. Clean-up {#lab-clean-up}
#
# The load balancer first; the listener and the rules go with it. Then the groups, the function and, when nothing uses
# it any more, the security group.

# %%
elb.delete_load_balancer(LoadBalancerArn=arn)
elb.get_waiter("load_balancers_deleted").wait(LoadBalancerArns=[arn])
for group in groups.values():
    elb.delete_target_group(TargetGroupArn=group)
aws_lambda.delete_function(FunctionName="delivery")
logs.delete_log_group(logGroupName="/aws/lambda/delivery")
iam.delete_role(RoleName="delivery")
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
# <summary>El equipo del carrito quiere que su programa reciba <code>/pay</code>, y no <code>/cart/pay</code>. ¿Puede
# el balanceador quitarle el principio a la ruta?</summary>
#
# Con una redirección sí, pero el cliente lo vería y `/pay` necesitaría otra regla. Lo que quiere el equipo es una
# [transformación](https://docs.aws.amazon.com/es_es/elasticloadbalancing/latest/application/rule-transforms.html) de
# tipo `url-rewrite` en la regla: reescribe la ruta antes de reenviar. Sin ella, la ruta llega como la pidió el
# cliente.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>La versión nueva falla en una de cada mil peticiones. ¿Lo verás con un peso del 1 % y mil
# visitas?</summary>
#
# Casi seguro que no: solo unas diez visitas llegarán a ella. Un *canary* encuentra pronto los fallos gordos. Para los
# pequeños hace falta más peso o más tiempo.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>¿Por qué cada equipo tiene su grupo de destinos, y no uno para todos?</summary>
#
# Porque una regla solo puede elegir un grupo. Dentro de él le tocaría a cualquier destino, y el carrito recibiría las
# peticiones del catálogo.
#
# </details>

# %% [markdown] lang="en"
# ## Check yourself {#lab-check}
#
# <details class="question" markdown="1">
# <summary>The cart team wants its program to get <code>/pay</code>, not <code>/cart/pay</code>. Can the load balancer
# take the beginning off a path?</summary>
#
# With a redirect it can, but the client would see it, and `/pay` would need another rule. What the team wants is a
# [transform](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html) of type
# `url-rewrite` in the rule: it rewrites the path before forwarding. Without one, the path arrives as the client sent
# it.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>The new version fails for one request in a thousand. Will you see it with a weight of 1% and a thousand
# visits?</summary>
#
# Almost certainly not: only some ten visits will get to it. A canary soon finds the big mistakes. The small ones take
# more weight or more time.
#
# </details>
#
# <details class="question" markdown="1">
# <summary>Why does each team have a target group of its own, and not one for all?</summary>
#
# Because a rule can only choose a group. Within the group any target may be chosen, and the cart would get the
# catalogue's requests.
#
# </details>
