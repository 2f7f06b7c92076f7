"""A function's deployment package: the files of a zip, importable as modules; nothing is written to disk.

Native modules and vendored copies of the AWS SDK are left out: the SDK that answers is the one eslabon knows.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType

from eslabon import readertime

ROOT = "/var/task/"
"""Where Lambda unpacks the package."""

UNPACKED_BYTES = 262_144_000

# A copy in the package would dial AWS, since eslabon answers for the installed SDK alone.
SDK = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six", "eslabon"})


class PackageError(ValueError):
    """The bytes are no deployment package."""


@dataclass(frozen=True)
class Package:
    """The files of a deployment package by path, with the size and hash of the zip they came in."""

    files: Mapping[str, bytes]
    size: int
    sha256: str

    @property
    def module_names(self) -> frozenset[str]:
        """The first part of the names of the modules inside, but those that come from the installed SDK."""
        firsts = {path.split("/")[0].removesuffix(".py") for path in self.files if path.endswith(".py")}
        return frozenset(firsts - SDK)


def unpack(archive: bytes) -> Package:
    """Read a zip. Raises PackageError.

    https://docs.aws.amazon.com/lambda/latest/dg/python-package.html

    >>> archive = io.BytesIO()
    >>> with zipfile.ZipFile(archive, "w") as packed:
    ...     packed.writestr("app.py", "def handler(event, context): return event")
    >>> sorted(unpack(archive.getvalue()).module_names)
    ['app']
    >>> unpack(b"def handler(event, context): return event")
    Traceback (most recent call last):
    eslabon.support.lambda_.code.PackageError: Could not unzip uploaded file. Please check your file, then try to \
upload again.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) >= UNPACKED_BYTES:
                raise PackageError(f"Unzipped size must be smaller than {UNPACKED_BYTES} bytes")
            files = {entry.filename: packed.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        message = "Could not unzip uploaded file. Please check your file, then try to upload again."
        raise PackageError(message) from error
    sha256 = base64.b64encode(hashlib.sha256(archive).digest()).decode()
    return Package(files, len(archive), sha256)


class PackageImporter(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and runs the modules of one package; their time is the cloud's."""

    def __init__(self, package: Package) -> None:
        self.files = package.files
        self.module_names = package.module_names

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - a name says where in the package a module is
        target: ModuleType | None = None,  # noqa: ARG002 - reloading is not distinguished
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module, a package or, for a folder without __init__.py, a namespace package."""
        if fullname.split(".")[0] not in self.module_names:
            return None
        place = fullname.replace(".", "/")
        for filename, is_package in ((f"{place}/__init__.py", True), (f"{place}.py", False)):
            if filename in self.files:
                spec = importlib.util.spec_from_loader(fullname, self, origin=ROOT + filename, is_package=is_package)
                assert spec is not None
                spec.has_location = True
                return spec
        if any(filename.startswith(f"{place}/") and filename.endswith(".py") for filename in self.files):
            namespace = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            namespace.submodule_search_locations = [ROOT + place]
            return namespace
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run a module's code where time is the cloud's."""
        assert module.__spec__ is not None and module.__spec__.origin is not None
        filename = module.__spec__.origin
        code = compile(self.files[filename.removeprefix(ROOT)], filename, "exec", dont_inherit=True)
        readertime.prepare(vars(module))
        exec(code, vars(module))

    def get_source(self, fullname: str) -> str | None:
        """The text of a module, which tracebacks quote."""
        spec = self.find_spec(fullname, None)
        if spec is None or spec.origin is None:
            return None
        return importlib.util.decode_source(self.files[spec.origin.removeprefix(ROOT)])

    def get_data(self, path: str) -> bytes:
        """Any file of the package, as pkgutil.get_data reads it. Raises FileNotFoundError."""
        try:
            return self.files[path.removeprefix(ROOT)]
        except KeyError:
            raise FileNotFoundError(path) from None
