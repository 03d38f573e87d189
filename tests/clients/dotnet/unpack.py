"""Takes a .NET runtime and the Service Bus client out of Microsoft's Azure MCP server, a package with a whole .NET app.

`python unpack.py <the package's archive> <folder>`: afterwards `<folder>/runtime` is a dotnet root as the .NET host
wants it, and `<folder>/client` holds the client with what it needs. The server itself stays in the archive.
"""

import hashlib
import json
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

SHA512 = (
    "d694d8817ee36b706f6733d48ff3c23073e8c9c54c4904ff58bcb4caf25e7c3e"
    "500bb2d7bfa7d56b99f11de9f52e68bd81b4072842b841e8ae8424d9dae34462"
)
INSIDE = "package/dist"
CLIENT = "Azure.Messaging.ServiceBus"
FRAMEWORK = "Microsoft.NETCore.App"
# Part of the framework, of which the app has a later build of its own.
OWN_BUILDS = ("System.Formats.Asn1",)


class Libraries:
    """The app's own list of what it is made of: a library's files and what it depends on."""

    def __init__(self, dependencies: dict[str, Any]) -> None:
        self.target = dependencies["runtimeTarget"]["name"]
        self._all: dict[str, Any] = dependencies["targets"][self.target]

    def named(self, name: str) -> str:
        return next(key for key in self._all if key.startswith(f"{name}/"))

    def assets(self, keys: list[str], kind: str) -> dict[str, Any]:
        return {PurePosixPath(file).name: about for key in keys for file, about in self._all[key].get(kind, {}).items()}

    def files(self, key: str) -> set[str]:
        """The library's files, by name: the app has all of them in one folder."""
        entry = self._all[key]
        return {PurePosixPath(file).name for kind in ("runtime", "native") for file in entry.get(kind, {})}

    def with_dependencies(self, key: str) -> set[str]:
        """The library and all that it needs of the app; what is part of the framework is not listed."""
        found: set[str] = set()
        waiting = [key]
        while waiting:
            library = waiting.pop()
            if library in found or library not in self._all:
                continue
            found.add(library)
            waiting += [f"{name}/{version}" for name, version in self._all[library].get("dependencies", {}).items()]
        return found


def unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as package:
        dependencies = package.extractfile(f"{INSIDE}/azmcp.deps.json")
        assert dependencies
        libraries = Libraries(json.load(dependencies))
        framework = libraries.named(f"runtimepack.{FRAMEWORK}.Runtime.linux-x64")
        version = framework.split("/")[1]
        shared = folder / "runtime" / "shared" / FRAMEWORK / version
        resolver = folder / "runtime" / "host" / "fxr" / version
        client = folder / "client"

        parts = [framework, *(libraries.named(name) for name in OWN_BUILDS)]
        places = {name: shared for part in parts for name in libraries.files(part)} | {"libhostfxr.so": resolver}
        for library in libraries.with_dependencies(libraries.named(CLIENT)):
            places |= {name: client for name in libraries.files(library)}
        for place in (shared, resolver, client):
            place.mkdir(parents=True)
        for member in package:
            name = PurePosixPath(member.name).name
            source = package.extractfile(member) if member.name == f"{INSIDE}/{name}" and name in places else None
            if source:
                (places.pop(name) / name).write_bytes(source.read())
    if places:
        raise SystemExit(f"{archive.name} lacks {', '.join(sorted(places))}")

    write(shared / f"{FRAMEWORK}.deps.json", framework_dependencies(libraries, parts, version))
    write(client / "client.runtimeconfig.json", runtime_configuration(version))


def framework_dependencies(libraries: Libraries, parts: list[str], version: str) -> dict[str, Any]:
    key = f"{FRAMEWORK}/{version}"
    files = {kind: libraries.assets(parts, kind) for kind in ("runtime", "native")}
    return {
        "runtimeTarget": {"name": libraries.target},
        "targets": {libraries.target: {key: files}},
        "libraries": {key: {"type": "package", "serviceable": True, "sha512": ""}},
    }


def runtime_configuration(version: str) -> dict[str, Any]:
    """Without a culture's own rules, which would need ICU on the machine."""
    return {
        "runtimeOptions": {
            "framework": {"name": FRAMEWORK, "version": version},
            "configProperties": {"System.Globalization.Invariant": True},
        }
    }


def write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content), encoding="utf-8")


def main(archive: Path, folder: Path) -> None:
    found = hashlib.sha512(archive.read_bytes()).hexdigest()
    if found != SHA512:
        raise SystemExit(f"{archive.name} is another package than this program was written for: its SHA-512 is {found}")
    unpack(archive, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
