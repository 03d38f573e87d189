"""Event Hubs by Microsoft.Azure.Amqp, the library under Azure.Messaging.EventHubs, with the links that it makes of it.

The Event Hubs client itself is in no package that this program can get.
"""

import base64
import hashlib
import hmac
import re
import threading
import time
import urllib.parse
from contextlib import contextmanager
from typing import Any, Iterator

from runtime import list_of, seconds, wait

from Microsoft.Azure.Amqp import (
    AmqpCbsLink,
    AmqpConnectionFactory,
    AmqpConstants,
    AmqpException,
    AmqpLinkSettings,
    AmqpMessage,
    AmqpSessionSettings,
    CbsToken,
    ICbsTokenProvider,
    ReceivingAmqpLink,
    RequestResponseAmqpLink,
    SendingAmqpLink,
    SettleMode,
)
from Microsoft.Azure.Amqp.Encoding import AmqpSymbol, DescribedType
from Microsoft.Azure.Amqp.Framing import Accepted, Address, Data, Fields, FilterSet, Source, Target
from Microsoft.Azure.Amqp.Sasl import SaslAnonymousHandler
from System import (
    Array,
    ArraySegment,
    BitConverter,
    Byte,
    DateTime,
    Decimal,
    EventHandler,
    Guid,
    Int32,
    Int64,
    String,
    UInt32,
    Uri,
)
from System.IO import MemoryStream
from System.Text import Encoding
from System.Threading.Tasks import Task

from story import EVENT_HUB, EVENT_HUBS, RUN, equal, raises, step, true

PARTITION = "2"
PATIENCE = seconds(10)
SELECTOR = "apache.org:selector-filter:string"
BATCH_FORMAT = 0x80013700


class Tokens(ICbsTokenProvider):
    __namespace__ = "Crossover.Clients"

    def GetTokenAsync(self, _address: Any, applies_to: str, _claims: Any) -> Any:
        token = CbsToken(signature(applies_to), "servicebus.windows.net:sastoken", DateTime.UtcNow.AddHours(1.0))
        return Task.FromResult[CbsToken](token)


def signature(resource: str) -> str:
    expiry = int(time.time()) + 3600
    quoted = urllib.parse.quote(resource, safe="")
    digest = hmac.new(b"SAS_KEY_VALUE", f"{quoted}\n{expiry}".encode(), hashlib.sha256).digest()
    sealed = urllib.parse.quote(base64.b64encode(digest), safe="")
    return f"SharedAccessSignature sr={quoted}&sig={sealed}&se={expiry}&skn=RootManageSharedAccessKey"


class Hub:
    """A connection to the event hub, and the links that the client opens on it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._cbs = AmqpCbsLink(connection)
        self._sent = 0

    def _session_for(self, path: str) -> Any:
        audience = f"amqp://localhost/{path}"
        claims = Array[String](["Listen", "Send"])
        wait(self._cbs.SendTokenAsync(Tokens(), Uri("amqp://localhost/"), audience, audience, claims, PATIENCE))
        session = self._connection.CreateSession(AmqpSessionSettings())
        wait(session.OpenAsync(PATIENCE))
        return session

    def read(self, kind: str, **names: str) -> dict[str, Any]:
        link = RequestResponseAmqpLink("svc", self._session_for(EVENT_HUB), "$management", Fields())
        wait(link.OpenAsync(PATIENCE))
        request = AmqpMessage.Create()
        token = signature(f"amqp://localhost/{EVENT_HUB}")
        for key, value in {
            "operation": "READ",
            "type": kind,
            "name": EVENT_HUB,
            "security_token": token,
            **names,
        }.items():
            request.ApplicationProperties.Map[key] = value
        reply = wait(link.RequestAsync(request, PATIENCE))
        equal(properties_of(reply)["status-code"], 200, "status")
        return {str(entry.Key): entry.Value for entry in reply.ValueBody.Value}

    def sender(self, path: str) -> Any:
        settings = link_settings(Source(), Target())
        settings.Target.Address = Address.op_Implicit(f"/{path}")
        settings.Role = False
        settings.InitialDeliveryCount = 0
        link = SendingAmqpLink(self._session_for(path), settings)
        wait(link.OpenAsync(PATIENCE))
        return link

    def send(self, link: Any, message: AmqpMessage) -> None:
        self._sent += 1
        tag = ArraySegment[Byte](BitConverter.GetBytes(Int32(self._sent)))
        outcome = wait(link.SendMessageAsync(message, tag, AmqpConstants.NullBinary, PATIENCE))
        true(isinstance(outcome, Accepted), f"the event is accepted, not {outcome}")

    def receiver(self, partition: str, selector: str, owner_level: int) -> Any:
        path = f"{EVENT_HUB}/ConsumerGroups/$Default/Partitions/{partition}"
        settings = link_settings(Source(), Target())
        settings.Role = True
        settings.TotalLinkCredit = UInt32(300)
        settings.AutoSendFlow = True
        settings.SettleType = SettleMode.SettleOnSend
        settings.Source.Address = Address.op_Implicit(f"/{path}")
        settings.Source.FilterSet = FilterSet()
        settings.Source.FilterSet[AmqpSymbol(SELECTOR)] = DescribedType(AmqpSymbol(SELECTOR), selector)
        settings.Properties = Fields()
        settings.Properties[AmqpSymbol("com.microsoft:entity-type")] = Int32(7)
        settings.Properties[AmqpSymbol("com.microsoft:epoch")] = Int64(owner_level)
        session = self._session_for(path)
        link = ReceivingAmqpLink(settings)
        link.AttachTo(session)
        wait(link.OpenAsync(PATIENCE))
        return link


@contextmanager
def open_hub() -> Iterator[Hub]:
    found = re.search(r"sb://[^:;]+:(\d+)", EVENT_HUBS)
    assert found
    address = Uri(f"amqp://localhost:{found[1]}")
    connection = wait(AmqpConnectionFactory().OpenConnectionAsync(address, SaslAnonymousHandler("MSSBCBS"), PATIENCE))
    try:
        yield Hub(connection)
    finally:
        wait(connection.CloseAsync(PATIENCE))


def link_settings(source: Source, target: Target) -> AmqpLinkSettings:
    settings = AmqpLinkSettings()
    settings.LinkName = Guid.NewGuid().ToString()
    source.Address = Address.op_Implicit(Guid.NewGuid().ToString())
    target.Address = Address.op_Implicit(Guid.NewGuid().ToString())
    settings.Source, settings.Target = source, target
    return settings


def event(text: str) -> AmqpMessage:
    return AmqpMessage.Create(data_of(Encoding.UTF8.GetBytes(text)))


def data_of(content: Any) -> Data:
    data = Data()
    data.Value = ArraySegment[Byte](content)
    return data


def batch_of(messages: list[AmqpMessage], partition_key: str) -> AmqpMessage:
    """An envelope whose data sections are encoded messages."""
    parts = []
    for message in messages:
        encoded = MemoryStream()
        message.ToStream().CopyTo(encoded)
        parts.append(data_of(encoded.ToArray()))
    batch = AmqpMessage.Create(list_of(Data, parts))
    batch.MessageFormat = UInt32(BATCH_FORMAT)
    batch.Batchable = True
    batch.MessageAnnotations.Map[AmqpSymbol("x-opt-partition-key")] = partition_key
    return batch


def receive(link: Any, count: int) -> list[AmqpMessage]:
    received: list[AmqpMessage] = []
    while len(received) < count:
        chunk = list(wait(link.ReceiveMessagesAsync(count - len(received), PATIENCE)))
        true(chunk, f"only {len(received)} of {count} events came")
        received += chunk
    return received


def text_of(message: AmqpMessage) -> str:
    return "".join(Encoding.UTF8.GetString(data.Value.ToArray()) for data in message.DataBody)


def properties_of(message: AmqpMessage) -> dict[str, Any]:
    return {str(entry.Key): entry.Value for entry in message.ApplicationProperties.Map}


def annotations_of(message: AmqpMessage) -> dict[str, Any]:
    return {str(entry.Key): entry.Value for entry in message.MessageAnnotations.Map}


@step("Event Hubs: read the hub and a partition")
def properties() -> None:
    with open_hub() as hub:
        about = hub.read("com.microsoft:eventhub")
        equal(about["name"], EVENT_HUB, "name")
        true(PARTITION in list(about["partition_ids"]), "partitions")
        true(isinstance(about["created_at"], DateTime), "the time it was made")
        partition = hub.read("com.microsoft:partition", partition=PARTITION)
        equal((partition["partition"], str(partition["last_enqueued_offset"]) != ""), (PARTITION, True), "partition")


@step("Event Hubs: events and a batch to a partition, read from a sequence number, an offset and a time on")
def events() -> None:
    with open_hub() as hub:
        before = hub.read("com.microsoft:partition", partition=PARTITION)["last_enqueued_sequence_number"]
        sender = hub.sender(f"{EVENT_HUB}/Partitions/{PARTITION}")
        first = event(f"{RUN} first")
        sent = {"price": Decimal.Parse("1.50"), "id": Guid.NewGuid(), "n": Int32(3)}
        for key, value in sent.items():
            first.ApplicationProperties.Map[key] = value
        hub.send(sender, first)
        hub.send(sender, batch_of([event(f"{RUN} second"), event("x" * 300_000)], "press-7"))

        received = receive(hub.receiver(PARTITION, f"amqp.annotation.x-opt-sequence-number > '{before}'", 1), 3)
        equal([text_of(one) for one in received], [f"{RUN} first", f"{RUN} second", "x" * 300_000], "bodies")
        equal(properties_of(received[0]), sent | {"n": 3}, "properties")
        annotations = [annotations_of(one) for one in received]
        numbers = [one["x-opt-sequence-number"] for one in annotations]
        equal(numbers, [before + 1, before + 2, before + 3], "sequence numbers")
        equal([one.get("x-opt-partition-key") for one in annotations], [None, "press-7", "press-7"], "partition keys")

        for selector in (
            f"amqp.annotation.x-opt-offset > '{annotations[0]['x-opt-offset']}'",
            f"amqp.annotation.x-opt-sequence-number >= '{before + 2}'",
        ):
            equal(text_of(receive(hub.receiver(PARTITION, selector, 2), 1)[0]), f"{RUN} second", selector)
        since = int((time.time() - 3600) * 1000)
        true(receive(hub.receiver(PARTITION, f"amqp.annotation.x-opt-enqueued-time > '{since}'", 3), 1), "since a time")


@step("Event Hubs: a reader with a higher owner level takes over; a lower one and an unknown partition are refused")
def owner_levels() -> None:
    everything = "amqp.annotation.x-opt-offset > '-1'"
    with open_hub() as hub:
        first = hub.receiver(PARTITION, everything, 4)
        closed = threading.Event()
        first.Closed += EventHandler(lambda _link, _arguments: closed.set())
        hub.receiver(PARTITION, everything, 5)
        true(closed.wait(10), "the reader with the lower level is closed")
        equal(str(first.TerminalException.Error.Condition), "amqp:link:stolen", "condition")
        lower = raises(AmqpException, lambda: hub.receiver(PARTITION, everything, 3), "a lower level")
        equal(str(lower.Error.Condition), "amqp:link:stolen", "condition of the refusal")
        raises(AmqpException, lambda: hub.receiver("99", everything, 6), "an unknown partition")
