"""The client as the steps open it, and what they do with it again and again."""

from contextlib import contextmanager
from typing import Any, Callable, Iterator

from runtime import list_of, seconds, using, wait

from Azure.Messaging.ServiceBus import (
    ServiceBusClient,
    ServiceBusClientOptions,
    ServiceBusException,
    ServiceBusFailureReason,
    ServiceBusMessage,
)

from story import SERVICE_BUS, equal, raises, true


def client(connection: str = SERVICE_BUS, **settings: Any) -> Any:
    """A client that does not try again; `settings` are properties of its options. To be used with `with`."""
    options = ServiceBusClientOptions()
    options.RetryOptions.MaxRetries = 0
    for name, value in settings.items():
        setattr(options, name, value)
    return using(ServiceBusClient(connection, options))


def impatient(count: float) -> Any:
    """A client that waits for so many seconds at most."""
    options = ServiceBusClientOptions()
    options.RetryOptions.MaxRetries = 0
    options.RetryOptions.TryTimeout = seconds(count)
    return using(ServiceBusClient(SERVICE_BUS, options))


@contextmanager
def open_queue(queue: str, **settings: Any) -> Iterator[tuple[Any, Any]]:
    """A sender and a receiver of a queue, on one connection."""
    with client(**settings) as bus, using(bus.CreateSender(queue)) as sender, using(
        bus.CreateReceiver(queue)
    ) as receiver:
        yield sender, receiver


def message(body: str = "", **properties: Any) -> ServiceBusMessage:
    made = ServiceBusMessage(body)
    for name, value in properties.items():
        setattr(made, name, value)
    return made


def send(sender: Any, *messages: ServiceBusMessage) -> None:
    wait(sender.SendMessagesAsync(list_of(ServiceBusMessage, messages)))


def receive_one(receiver: Any) -> Any:
    received = wait(receiver.ReceiveMessageAsync(seconds(10)))
    true(received, "a message comes")
    return received


def receive(receiver: Any, count: int) -> list[Any]:
    received: list[Any] = []
    while len(received) < count:
        chunk = list(wait(receiver.ReceiveMessagesAsync(count - len(received), seconds(10))))
        true(chunk, f"only {len(received)} of {count} messages came")
        received += chunk
    return received


def nothing_comes(receiver: Any, what: str) -> None:
    equal(wait(receiver.ReceiveMessageAsync(seconds(1))), None, what)


def complete(receiver: Any, *messages: Any) -> None:
    for one in messages:
        wait(receiver.CompleteMessageAsync(one))


def bodies(messages: Any) -> list[str]:
    return [one.Body.ToString() for one in messages]


def peek(receiver: Any, count: int = 100) -> list[str]:
    return bodies(wait(receiver.PeekMessagesAsync(count)))


def refused(reason: ServiceBusFailureReason, action: Callable[[], Any], what: str) -> ServiceBusException:
    error = raises(ServiceBusException, action, what)
    equal(error.Reason, reason, f"{what}: reason")
    return error
