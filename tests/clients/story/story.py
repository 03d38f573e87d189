"""What the programs in Python share: settings, steps that say what they did, and checks that fail loudly."""

import os
import sys
import time
import traceback
import uuid
from pathlib import Path
from typing import Any, Callable

SERVICE_BUS = os.environ["SERVICE_BUS_CONNECTION"]
ADMINISTRATION = os.environ["ADMINISTRATION_CONNECTION"]
CERTIFICATE_FILE = os.environ["CERTIFICATE_FILE"]
EVENT_HUBS = os.environ["EVENT_HUBS_CONNECTION"]
EVENT_HUB = os.environ["EVENT_HUB"]

# `python` or `dotnet`: the folder of the program that runs.
LANGUAGE = Path(sys.argv[0]).resolve().parent.name
RUN = uuid.uuid4().hex[:8]


def name(kind: str) -> str:
    """A name for an entity that no other run uses."""
    return f"{LANGUAGE}-{kind}-{RUN}"


# The entities of this run: administration.py makes them, the others use them.
QUEUE = name("orders")
SECOND = name("invoices")
SESSIONS = name("refunds")
TOPIC = name("events")
SUBSCRIPTION = "printing"

_steps: list[tuple[str, Callable[[], None]]] = []


def step(text: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Registers a function as a step of the story; steps run in the order in which they are written."""

    def register(function: Callable[[], None]) -> Callable[[], None]:
        _steps.append((text, function))
        return function

    return register


def equal(actual: Any, expected: Any, what: str) -> None:
    if actual != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")


def true(condition: Any, what: str) -> None:
    if not condition:
        raise AssertionError(what)


def raises(expected: type[BaseException], action: Callable[[], Any], what: str) -> Any:
    try:
        action()
    except expected as error:
        return error
    raise AssertionError(f"{what}: nothing was raised, expected {expected.__name__}")


def run() -> None:
    """Runs every step. The first that fails ends the program with exit code 1."""
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    for text, function in _steps:
        if only not in text:
            continue
        started = time.monotonic()
        try:
            function()
        except BaseException:  # pylint: disable=broad-except
            print(f"FAILED  {text}", flush=True)
            traceback.print_exc()
            sys.exit(1)
        print(f"ok      {text} ({(time.monotonic() - started) * 1000:.0f} ms)", flush=True)
