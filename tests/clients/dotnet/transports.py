"""The same client over TLS and over WebSockets, both with the development certificate, and over a plain WebSocket."""

import re
from typing import Any

from runtime import using

from Azure.Messaging.ServiceBus import ServiceBusTransportType
from System import Uri

from clients import client, complete, message, receive_one, send
from story import ADMINISTRATION, QUEUE, SERVICE_BUS, equal, step

# Without it the client speaks TLS.
WITH_TLS = SERVICE_BUS.replace("UseDevelopmentEmulator=true", "")


def there_and_back(connection: str, port: int, **settings: Any) -> None:
    """AMQP and WebSockets are on the ports that Service Bus and its management have got, so the client is told."""
    address = Uri(f"sb://localhost:{port}")
    with client(connection, CustomEndpointAddress=address, **settings) as bus:
        with using(bus.CreateSender(QUEUE)) as sender, using(bus.CreateReceiver(QUEUE)) as receiver:
            send(sender, message("there and back" * 10_000))
            received = receive_one(receiver)
            equal(len(received.Body.ToString()), 140_000, "length of the body")
            complete(receiver, received)


def port_of(connection: str) -> int:
    found = re.search(r"sb://[^:;]+:(\d+)", connection)
    assert found
    return int(found[1])


@step("AMQP over TLS")
def tls() -> None:
    there_and_back(WITH_TLS, port_of(SERVICE_BUS))


@step("AMQP over WebSockets, plain and with TLS")
def web_sockets() -> None:
    for connection in (SERVICE_BUS, WITH_TLS):
        there_and_back(connection, port_of(ADMINISTRATION), TransportType=ServiceBusTransportType.AmqpWebSockets)
