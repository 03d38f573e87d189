"""Starts .NET inside Python: whoever imports this may import the client's namespaces afterwards."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from clr_loader import get_coreclr
from pythonnet import set_runtime

# The authorities that .NET trusts; it looks when it starts.
os.environ["SSL_CERT_FILE"] = os.environ["CERTIFICATE_FILE"]

_home = Path(os.environ["DOTNET_FOLDER"])
set_runtime(
    get_coreclr(runtime_config=str(_home / "client" / "client.runtimeconfig.json"), dotnet_root=str(_home / "runtime"))
)

import clr  # noqa: E402

sys.path.append(str(_home / "client"))
for assembly in (
    "Azure.Core",
    "Azure.Core.Amqp",
    "Azure.Messaging.ServiceBus",
    "Microsoft.Azure.Amqp",
    "System.Collections",
    "System.Linq",
    "System.Memory.Data",
    "System.Net.Http",
    "System.Net.WebSockets",
    "System.Private.Uri",
    "System.Transactions.Local",
):
    clr.AddReference(assembly)

from System import Object, TimeSpan, Type  # noqa: E402
from System.Collections.Generic import List  # noqa: E402
from System.Linq import Enumerable  # noqa: E402
from System.Threading import CancellationToken  # noqa: E402


def wait(task: Any) -> Any:
    """What C# writes as `await`, for a Task or a ValueTask."""
    return (task.AsTask() if hasattr(task, "AsTask") else task).GetAwaiter().GetResult()


@contextmanager
def using(thing: Any) -> Iterator[Any]:
    """What C# writes as `await using`."""
    try:
        yield thing
    finally:
        wait(thing.DisposeAsync())


def each(sequence: Any) -> Iterator[Any]:
    """What C# writes as `await foreach`."""
    with using(sequence.GetAsyncEnumerator(getattr(CancellationToken, "None"))) as enumerator:
        while wait(enumerator.MoveNextAsync()):
            yield enumerator.Current


def seconds(count: float) -> TimeSpan:
    return TimeSpan.FromSeconds(float(count))


def list_of(kind: Any, items: Any) -> Any:
    made = List[kind]()
    for item in items:
        made.Add(item)
    return made


def types_of(values: Any) -> list[str]:
    """The .NET types of values, which Python would see as its own."""
    array = Enumerable.ToArray[Object](values)
    return [kind.Name for kind in Type.GetTypeArray(array)]
