"""Runs every step of this folder in order: `python main.py [part of a step's text]`."""

import administration  # entities first
import sending  # noqa: F401
import receiving  # noqa: F401
import sessions  # noqa: F401
import topics  # noqa: F401
import processors  # noqa: F401
import transactions  # noqa: F401
import transports  # noqa: F401
import event_hubs  # noqa: F401
from story import run, step

step("counts of messages")(administration.counts)
step("delete what was made")(administration.delete)

if __name__ == "__main__":
    run()
