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
from eslabon.support.lambda_.errors import invalid

ROOT = "/var/task/"
"""Where Lambda unpacks the package."""

UNPACKED_BYTES = 262_144_000

# A copy in the package would dial AWS, since eslabon answers for the installed SDK alone.
SDK = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six", "eslabon"})


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


def unpack(archive: bytes | None) -> Package:
    """Read a zip; None when there was none. Raises InvalidParameterValueException.

    https://docs.aws.amazon.com/lambda/latest/dg/python-package.html

    >>> from eslabon.support.lambda_.examples import zipped
    >>> sorted(unpack(zipped("x = 1")).module_names)
    ['app']
    >>> unpack(b"def handler(event, context): return event")
    Traceback (most recent call last):
    eslabon.errors.ServiceError: InvalidParameterValueException: Could not unzip uploaded file. Please check your \
file, then try to upload again.
    """
    if archive is None:
        raise invalid("Please provide a source for function code.")
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) >= UNPACKED_BYTES:
                raise invalid(f"Unzipped size must be smaller than {UNPACKED_BYTES} bytes")
            files = {entry.filename: packed.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        message = "Could not unzip uploaded file. Please check your file, then try to upload again."
        raise invalid(message) from error
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
        path: Sequence[str] | None,  # a name says where in the package a module is
        target: ModuleType | None = None,  # reloading is not distinguished
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module, a package or, for a folder without __init__.py, a namespace package.

        >>> from eslabon.support.lambda_.examples import zipped
        >>> importer = PackageImporter(unpack(zipped("x = 1")))
        >>> importer.find_spec("app", None).origin
        '/var/task/app.py'
        >>> importer.find_spec("json", None) is None
        True
        """
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
        """Run a module's code where time is the cloud's.

        >>> from eslabon.support.lambda_.examples import zipped
        >>> importer = PackageImporter(unpack(zipped("x = 1")))
        >>> module = importlib.util.module_from_spec(importer.find_spec("app", None))
        >>> importer.exec_module(module)
        >>> module.x
        1
        """
        assert module.__spec__ is not None and module.__spec__.origin is not None
        filename = module.__spec__.origin
        code = compile(self.files[filename.removeprefix(ROOT)], filename, "exec", dont_inherit=True)
        readertime.prepare(vars(module))
        exec(code, vars(module))

    def get_source(self, fullname: str) -> str | None:
        """The text of a module, which tracebacks quote.

        >>> from eslabon.support.lambda_.examples import zipped
        >>> importer = PackageImporter(unpack(zipped("x = 1")))
        >>> importer.get_source("app"), importer.get_source("json")
        ('x = 1', None)
        """
        spec = self.find_spec(fullname, None)
        if spec is None or spec.origin is None:
            return None
        return importlib.util.decode_source(self.files[spec.origin.removeprefix(ROOT)])

    def get_data(self, path: str) -> bytes:
        """Any file of the package, as pkgutil.get_data reads it. Raises FileNotFoundError.

        >>> from eslabon.support.lambda_.examples import zipped
        >>> importer = PackageImporter(unpack(zipped("x = 1")))
        >>> importer.get_data("/var/task/app.py")
        b'x = 1'
        >>> importer.get_data("/var/task/prices.csv")
        Traceback (most recent call last):
        FileNotFoundError: /var/task/prices.csv
        """
        try:
            return self.files[path.removeprefix(ROOT)]
        except KeyError:
            raise FileNotFoundError(path) from None
