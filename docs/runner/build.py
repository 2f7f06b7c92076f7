"""Builds Run in the page: python docs/runner/build.py --out build/runner. It serves nothing and knows no page.

    this Python's packages, src/eslabon, node_modules
        ──>  runner.js  runner.css  manifest.json  assets with a hash in their names  licences/

Python's own library, boto3 and eslabon become bytecode, written by the Python that will load it: Pyodide, in Node
(bytecode.py).
Of botocore's data only what eslabon can answer is shipped: SERVICES below, without documentation.
Python, boto3 and the services that most programs use are fetched first; the others are parts, fetched when wanted.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import boto3
import botocore
from botocore import xform_name

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
sys.path.append(str(PROJECT / "docs" / "hooks"))
from source_text import companions  # noqa: E402 - found by the line above

PACKAGES = Path(boto3.__file__).resolve().parent.parent
MODELS = Path(botocore.__file__).resolve().parent / "data"
RESOURCES = Path(boto3.__file__).resolve().parent / "data"

# boto3's name of a service that snippets use -> its name in endpoints.json.
SERVICES = {
    "events": "events",
    "stepfunctions": "states",
    "sqs": "sqs",
    "lambda": "lambda",
    "logs": "logs",
    "iam": "iam",
    "sts": "sts",
    "s3": "s3",
    "ec2": "ec2",
    "cloudwatch": "monitoring",
    "acm": "acm",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
}
# The services that most programs use are fetched before the first output. Each other service is a part, and so is this:
FIRST = ("events", "sqs")
PARTS = {
    "jsonata": ("jsonata/", "eslabon/stepfunctions/language/jsonata/jsonata_"),
    "pictures": ("eslabon/stepfunctions/pictures/",),
    "teststate": ("eslabon/stepfunctions/teststate/",),
}

# What is shipped of the packages of this Python, and the parts of each that the page has no use for.
SHIPPED = {
    "boto3": ("boto3/crt.py", "boto3/docs", "boto3/dynamodb", "boto3/examples", "boto3/s3"),
    "botocore": ("botocore/crt", "botocore/docs"),
    "dateutil": ("dateutil/tz/win.py", "dateutil/tzwin.py", "dateutil/zoneinfo"),
    "jmespath": (),
    "jsonata": ("jsonata/cli",),
    "six": (),
    "urllib3": (
        "urllib3/contrib/emscripten",
        "urllib3/contrib/pyopenssl.py",
        "urllib3/contrib/socks.py",
        "urllib3/http2",
    ),
}
# Kept although the folder is left out: other modules of the package import them.
KEPT = ("botocore/crt/__init__.py", "botocore/docs/utils.py")

LICENCES = {
    "boto3": "boto3",
    "botocore": "botocore",
    "dateutil": "python-dateutil",
    "jmespath": "jmespath",
    "jsonata": "jsonata-python",
    "six": "six",
    "urllib3": "urllib3",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=PROJECT / "build" / "runner")
    out: Path = parser.parse_args().out.resolve()
    modules = node_modules()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix="runner-") as folder:
        work = Path(folder)
        fresh = work / "out"
        fresh.mkdir()
        write_library(work / "library")
        write_data(work / "data")
        used = {"services": list(SERVICES), "imports": sorted(lab_imports()), "programs": snippets(), "parts": parts()}
        node(modules, HERE / "compile.mjs", {"work": str(work), "modules": str(modules), "used": used})
        order = {"assets": write_assets(work, modules, fresh), "wanted": wanted_parts(work)}
        node(modules, HERE / "bundle.mjs", {"out": str(fresh), "modules": str(modules), **order})
        shutil.copy(HERE / "page" / "runner.css", fresh / "runner.css")
        write_licences(fresh / "licences")
        shutil.rmtree(out, ignore_errors=True)
        fresh.rename(out)
    report(out)


def node_modules() -> Path:
    """Where npm has put pyodide, esbuild and CodeMirror: node_modules of the project, or $ESLABON_NODE_MODULES."""
    folder = Path(os.environ.get("ESLABON_NODE_MODULES", PROJECT / "node_modules"))
    if not (folder / "pyodide").is_dir():
        sys.exit(f"{folder} has no pyodide: run `npm ci` in the project's folder first (make does)")
    return folder


def node(modules: Path, script: Path, order: dict[str, Any]) -> None:
    """Run a script of this folder in Node, its order as JSON on standard input."""
    executable = shutil.which(
        "node", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    )
    if executable is None:
        sys.exit("node is not on PATH: make puts it into .venv/bin")
    done = subprocess.run([executable, str(script)], input=json.dumps(order), text=True, cwd=modules.parent)
    if done.returncode:
        sys.exit(f"{script.name} failed, see above")


# ---- Python code --------------------------------------------------------------------------------------------------


def write_library(folder: Path) -> None:
    """The sources that go into the page beside Python's own library."""
    for package, left_out in SHIPPED.items():
        for path in sources(PACKAGES / package):
            name = path.relative_to(PACKAGES).as_posix()
            if name in KEPT or not name.startswith(left_out or "/"):
                copy(path, folder / name)
    for path in sources(HERE / "stubs"):
        copy(path, folder / path.relative_to(HERE / "stubs"))
    for path in (PROJECT / "src" / "eslabon").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and "servers" not in path.parts:
            copy(path, folder / path.relative_to(PROJECT / "src"))
    copy(HERE / "page.py", folder / "_eslabon_page.py")
    copy(HERE / "parts.py", folder / "_eslabon_parts.py")


def sources(package: Path) -> Iterator[Path]:
    """The Python files of a package, or of a module that is one file."""
    return package.rglob("*.py") if package.is_dir() else iter([package.with_suffix(".py")])


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def lab_imports() -> set[str]:
    """The modules that labs import: they go into the part of the library that is fetched first."""
    names: set[str] = set()
    for path in (PROJECT / "labs").glob("*.py"):
        for found in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(found, ast.Import):
                names.update(alias.name for alias in found.names)
            elif isinstance(found, ast.ImportFrom) and found.module:
                names.add(found.module)
    return names


def snippets() -> dict[str, tuple[str, dict[str, str]]]:
    """Each snippet, by its name: its source, the files it reads. What it makes Python load is fetched first, too."""
    folder = PROJECT / "snippets"
    return {
        path.relative_to(folder).with_suffix("").as_posix(): (path.read_text("utf-8"), companions(path))
        for path in sorted(folder.rglob("*.py"))
    }


def parts() -> dict[str, tuple[str, ...]]:
    """What is not fetched first: each part with the paths that its modules begin with."""
    found = {}
    for service in SERVICES:
        if service not in FIRST:
            place = service_classes()[service].partition(":")[0].removesuffix(".service").replace(".", "/")
            found[service] = (place + "/", place + ".", f"boto3/{service}/")
    return found | PARTS  # the last one that a path belongs to counts


def wanted_parts(work: Path) -> dict[str, list[str]]:
    """The parts that each program wants, by the name of the snippet or lab: fetched while Python starts."""
    wanted: dict[str, list[str]] = json.loads((work / "wanted.json").read_text())
    for path in (PROJECT / "labs").glob("*.py"):
        clients = set(re.findall(r"""\bclient\(\s*["']([\w-]+)""", path.read_text("utf-8")))
        wanted[path.stem] = sorted(clients & parts().keys())
    return {name: found for name, found in wanted.items() if found}


# ---- botocore's data ----------------------------------------------------------------------------------------------


def write_data(folder: Path) -> None:
    """What botocore's loader reads: the models of SERVICES, and the general tables cut down to them."""
    for service in SERVICES:
        version = sorted(path.name for path in (MODELS / service).iterdir())[-1]
        for path in (MODELS / service / version).iterdir():
            name = path.name.removesuffix(".gz")
            if name.startswith("examples"):
                continue
            content = read(path)
            if name == "service-2.json":
                content = only_modelled(undocumented(content), modelled_operations(service))
                for parameter in content.get("clientContextParams", {}).values():
                    parameter["documentation"] = ""  # the one place where botocore reads it
            write(folder / service / version / name, content)
        if (RESOURCES / service).is_dir():
            newest = sorted(path.name for path in (RESOURCES / service).iterdir())[-1]
            for path in (RESOURCES / service / newest).glob("resources-1.json*"):
                write(folder / path.relative_to(RESOURCES).with_name("resources-1.json"), undocumented(read(path)))
    endpoints = read(MODELS / "endpoints.json")
    endpoints["partitions"] = [entry for entry in endpoints["partitions"] if entry["partition"] == "aws"]
    for partition in endpoints["partitions"]:
        partition["services"] = {
            name: entry for name, entry in partition["services"].items() if name in SERVICES.values()
        }
    write(folder / "endpoints.json", endpoints)
    partitions = read(MODELS / "partitions.json")
    partitions["partitions"] = [entry for entry in partitions["partitions"] if entry["id"] == "aws"]
    write(folder / "partitions.json", partitions)
    write(folder / "sdk-default-configuration.json", read(MODELS / "sdk-default-configuration.json"))
    retry = read(MODELS / "_retry.json")
    retry["retry"] = {
        name: entry for name, entry in retry["retry"].items() if name == "__default__" or name in SERVICES
    }
    write(folder / "_retry.json", retry)


def read(path: Path) -> Any:
    """The content of a JSON file of botocore, which keeps most of them compressed."""
    packed = path if path.exists() else path.with_name(path.name + ".gz")
    content = packed.read_bytes()
    return json.loads(gzip.decompress(content) if packed.suffix == ".gz" else content)


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")


def undocumented(model: Any) -> Any:
    """A model without its `documentation` texts. A member called documentation is a structure, and stays."""
    if isinstance(model, dict):
        return {
            name: undocumented(value)
            for name, value in model.items()
            if not (name in ("documentation", "documentationUrl") and isinstance(value, str))
        }
    if isinstance(model, list):
        return [undocumented(value) for value in model]
    return model


def service_classes() -> dict[str, str]:
    """Where eslabon answers for each service, "module:class" by boto3's name."""
    sys.path.insert(0, str(PROJECT / "src"))
    found: dict[str, str] = import_module("eslabon.cloud").SERVICES
    return found


def modelled_operations(service: str) -> set[str]:
    """boto3's method names that eslabon answers."""
    module, _, name = service_classes()[service].partition(":")
    return {method for method in dir(getattr(import_module(module), name)) if not method.startswith("_")}


def only_modelled(model: dict[str, Any], methods: set[str]) -> dict[str, Any]:
    """The model with operations that are not modelled reduced to names, and without shapes that only they use."""
    operations = model["operations"]
    kept = {name: operation for name, operation in operations.items() if xform_name(name) in methods}
    names = {
        name: {"name": name, "http": operation["http"]} for name, operation in operations.items() if name not in kept
    }
    wanted = set(shape_names(kept))
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        seen.add(name)
        wanted |= set(shape_names(model["shapes"][name])) - seen
    shapes = {name: shape for name, shape in model["shapes"].items() if name in seen or shape.get("exception")}
    for name in list(shapes):  # an exception's own members, so that client.exceptions.X exists for each
        missing = set(shape_names(shapes[name])) - set(shapes)
        while missing:
            found = missing.pop()
            shapes[found] = model["shapes"][found]
            missing |= set(shape_names(shapes[found])) - set(shapes)
    return {**model, "operations": {**kept, **names}, "shapes": shapes}


def shape_names(model: Any) -> Iterator[str]:
    """The names of the shapes that a part of a model refers to."""
    if isinstance(model, dict):
        if isinstance(model.get("shape"), str):
            yield model["shape"]
        for value in model.values():
            yield from shape_names(value)
    elif isinstance(model, list):
        for value in model:
            yield from shape_names(value)


# ---- what is served -----------------------------------------------------------------------------------------------


def write_assets(work: Path, modules: Path, out: Path) -> dict[str, Any]:
    """Write the assets, a hash of each in its name; return their names by role, with their sizes on the wire."""
    models = {}
    for path in sorted((work / "data").rglob("*.json")):
        name = path.relative_to(work / "data")
        # null: botocore lists the folders, so they must be there; the file is in the service's part
        models[name.as_posix()] = None if name.parts[0] in parts() else path.read_text(encoding="utf-8")
    packed = {
        "wasm": ("python.wasm.gz", (modules / "pyodide" / "pyodide.asm.wasm").read_bytes()),
        "core": ("library.zip.gz", (work / "core.zip").read_bytes()),
        "data": ("models.json.gz", json.dumps(models, separators=(",", ":"), ensure_ascii=False).encode()),
    }
    plain = {
        "pyodide": ("pyodide.mjs", (modules / "pyodide" / "pyodide.mjs").read_bytes()),
        "glue": ("pyodide.asm.mjs", (modules / "pyodide" / "pyodide.asm.mjs").read_bytes()),
    }
    lock = json.loads((modules / "pyodide" / "pyodide-lock.json").read_text())["info"]
    assets: dict[str, Any] = {"python": lock}
    for role, (name, content) in packed.items():
        assets[role] = asset(out, name, compressed(content))
    assets["parts"] = {
        part: asset(out, f"library-{part}.zip.gz", compressed((work / f"{part}.zip").read_bytes()))
        for part in ("rest", *parts())
    }
    for role, (name, content) in plain.items():
        content = content.replace(b"//# sourceMappingURL=pyodide.mjs.map", b"")
        assets[role] = asset(out, name, content) | {"wire": len(gzip.compress(content, 9))}
    return assets


def compressed(content: bytes) -> bytes:
    """The same content gives the same file: without the time."""
    return gzip.compress(content, 9, mtime=0)


def asset(out: Path, name: str, content: bytes) -> dict[str, Any]:
    stem, dot, suffix = name.partition(".")
    hashed = f"{stem}-{hashlib.sha256(content).hexdigest()[:12]}{dot}{suffix}"
    (out / hashed).write_bytes(content)
    return {"file": hashed, "wire": len(content)}


def write_licences(folder: Path) -> None:
    """The licence texts of all that is shipped, one file a package, beside what `bundle.mjs` has written for npm's."""
    folder.mkdir(exist_ok=True)
    shutil.copy(HERE / "licences" / "python.txt", folder)
    for package, distribution in LICENCES.items():
        texts = [
            path.read_text()
            for path in metadata.distribution(distribution).files or []
            if path.name.startswith(("LICENSE", "LICENCE", "NOTICE"))
        ]
        if not texts:
            sys.exit(f"{distribution} ships no licence text")
        (folder / f"{package}.txt").write_text(
            f"{distribution} {metadata.version(distribution)}\n\n" + "\n\n".join(texts)
        )


def report(out: Path) -> None:
    assets = json.loads((out / "manifest.json").read_text())["assets"]
    later = assets.pop("parts") | {role: assets.pop(role) for role in ("editor", "balancing")}
    del assets["python"]
    for role, entry in (assets | later).items():
        print(f"{entry['wire']:>10,}  {role:13} {entry['file']}")
    print(f"{sum(entry['wire'] for entry in assets.values()):>10,}  bytes on the wire before the first output")


if __name__ == "__main__":
    main()
