"""Sending to a queue: properties, batches, sizes, kinds of bodies, scheduling."""

from runtime import list_of, seconds, types_of, wait

from Azure.Core.Amqp import AmqpAnnotatedMessage, AmqpMessageBody, AmqpMessageBodyType
from Azure.Messaging.ServiceBus import (
    ServiceBusFailureReason,
    ServiceBusMessage,
    ServiceBusMessageState,
)
from System import (
    Array,
    Boolean,
    Byte,
    Char,
    DateTime,
    DateTimeOffset,
    DateTimeKind,
    Decimal,
    Double,
    Guid,
    Int16,
    Int32,
    Int64,
    Object,
    ReadOnlyMemory,
    SByte,
    Single,
    UInt16,
    UInt32,
    UInt64,
    Uri,
)
from System.Collections.Generic import IList

from clients import (
    bodies,
    complete,
    message,
    open_queue,
    peek,
    receive,
    receive_one,
    refused,
    send,
)
from story import QUEUE, equal, step, true


@step("send one message with every property, receive it and complete it")
def send_one() -> None:
    with open_queue(QUEUE) as (sender, receiver):
        sent = message(
            '{"order": 1}',
            MessageId="order-1",
            CorrelationId="correlation-1",
            ContentType="application/json",
            Subject="paid",
            To="printing",
            ReplyTo="answers",
            ReplyToSessionId="r",
            PartitionKey="p",
            TimeToLive=seconds(300),
        )
        send(sender, sent)
        received = receive_one(receiver)
        equal(received.Body.ToString(), '{"order": 1}', "body")
        for field in (
            "MessageId",
            "CorrelationId",
            "ContentType",
            "Subject",
            "To",
            "ReplyTo",
            "ReplyToSessionId",
            "PartitionKey",
        ):
            equal(getattr(received, field), getattr(sent, field), field)
        equal(received.TimeToLive, sent.TimeToLive, "time to live")
        equal(received.DeliveryCount, 1, "delivery count")
        equal(received.State, ServiceBusMessageState.Active, "state")
        true(received.SequenceNumber > 0, "the sequence number is set")
        true(received.EnqueuedSequenceNumber >= 0, "the enqueued sequence number is set")
        true(received.LockedUntil > DateTimeOffset.UtcNow, "the lock lies ahead")
        true(received.EnqueuedTime <= DateTimeOffset.UtcNow + seconds(5), "the enqueued time is set")
        expires_after = received.ExpiresAt - received.EnqueuedTime
        true((expires_after - sent.TimeToLive).Duration() < seconds(30), f"it expires after {expires_after}")
        equal((received.DeadLetterReason, received.DeadLetterSource), (None, None), "what only dead letters have")
        complete(receiver, received)
        equal(peek(receiver), [], "messages left")


@step("application properties keep every .NET type")
def property_types() -> None:
    values = {
        "boolean": Boolean(True),
        "byte": Byte(250),
        "signed byte": SByte(-5),
        "short": Int16(-300),
        "unsigned short": UInt16(60000),
        "int": Int32(-70000),
        "unsigned int": UInt32(4000000000),
        "long": Int64(-(2**60)),
        "unsigned long": UInt64(2**63 + 1),
        "float": Single(1.5),
        "double": Double(-0.0),
        "decimal": Decimal.Parse("79228162514264.337593543950335"),
        "char": Char("ß"),
        "string": "Köln",
        "guid": Guid.NewGuid(),
        "date": DateTime(2026, 2, 3, 4, 5, 6, 789, DateTimeKind.Utc),
        "offset": DateTimeOffset(2026, 2, 3, 4, 5, 6, seconds(-5 * 3600)),
        "span": seconds(-90.5),
        "uri": Uri("http://example.test/ä?b=c"),
    }
    sent = message("types")
    for key, value in values.items():
        sent.ApplicationProperties[key] = value
    with open_queue(QUEUE) as (sender, receiver):
        send(sender, sent)
        peeked = wait(receiver.PeekMessageAsync())
        received = receive_one(receiver)
        for how, got in (("received", received), ("peeked", peeked)):
            for key in values:
                true(Object.Equals(got.ApplicationProperties[key], sent.ApplicationProperties[key]), f"{how} {key}")
            equal(
                types_of(got.ApplicationProperties.Values), types_of(sent.ApplicationProperties.Values), f"types {how}"
            )
        complete(receiver, received)


@step("send a list and a batch, receive all of them in order")
def send_batches() -> None:
    with open_queue(QUEUE) as (sender, receiver):
        send(sender, *(message(f"list {n}") for n in range(5)))
        batch = wait(sender.CreateMessageBatchAsync())
        for n in range(5):
            true(batch.TryAddMessage(message(f"batch {n}")), "the batch takes it")
        equal(batch.Count, 5, "size of the batch")
        wait(sender.SendMessagesAsync(batch))
        received = receive(receiver, 10)
        equal(bodies(received), [f"list {n}" for n in range(5)] + [f"batch {n}" for n in range(5)], "order of bodies")
        equal(
            [one.SequenceNumber for one in received], sorted(one.SequenceNumber for one in received), "order of numbers"
        )
        complete(receiver, *received)


@step("a message of many frames comes whole; one that is too large is refused")
def sizes() -> None:
    with open_queue(QUEUE) as (sender, receiver):
        large = "äöü" * 150_000
        send(sender, message(large))
        received = receive_one(receiver)
        true(received.Body.ToString() == large, "the body of 900 kB")
        complete(receiver, received)
        too_large = ServiceBusFailureReason.MessageSizeExceeded
        refused(too_large, lambda: send(sender, message(large * 2)), "a message of 1.8 MB")
        refused(too_large, lambda: send(sender, message(large), message(large)), "a list of 1.8 MB")
        batch = wait(sender.CreateMessageBatchAsync())
        true(batch.TryAddMessage(message(large)), "the batch takes one")
        equal(batch.TryAddMessage(message(large)), False, "the batch takes another")
        wait(sender.SendMessagesAsync(batch))
        complete(receiver, receive_one(receiver))


@step("schedule messages, cancel them, and schedule one that comes")
def schedule() -> None:
    with open_queue(QUEUE) as (sender, receiver):
        far = DateTimeOffset.UtcNow + seconds(3600)
        two = list_of(ServiceBusMessage, [message("never 1"), message("never 2")])
        numbers = list(wait(sender.ScheduleMessagesAsync(two, far)))
        equal(len(numbers), 2, "sequence numbers")
        peeked = list(wait(receiver.PeekMessagesAsync(5)))
        equal([one.SequenceNumber for one in peeked], numbers, "scheduled messages that can be peeked")
        equal(peeked[0].State, ServiceBusMessageState.Scheduled, "state")
        true((peeked[0].ScheduledEnqueueTime - far).Duration() < seconds(0.01), "the time it is due")
        wait(sender.CancelScheduledMessagesAsync(list_of(Int64, numbers)))
        equal(peek(receiver), [], "messages after the cancellation")
        refused(
            ServiceBusFailureReason.MessageNotFound,
            lambda: wait(sender.CancelScheduledMessageAsync(Int64(numbers[0]))),
            "cancelled twice",
        )
        soon = DateTimeOffset.UtcNow + seconds(1)
        wait(sender.ScheduleMessageAsync(message("soon"), soon))
        send(sender, message("soon too", ScheduledEnqueueTime=soon))
        received = receive(receiver, 2)
        equal(sorted(bodies(received)), ["soon", "soon too"], "bodies")
        true(all(one.EnqueuedTime >= soon - seconds(0.01) for one in received), "they came when they were due")
        complete(receiver, *received)


@step("bodies that are a value, a sequence, and data in parts; header and footer")
def body_kinds() -> None:
    parts = [ReadOnlyMemory[Byte](Array[Byte](part)) for part in ([1, 2], [3])]
    sequences = list_of(IList[Object], [list_of(Object, [Int32(1), "two", Guid.Empty])])
    sent = [
        ServiceBusMessage(AmqpAnnotatedMessage(body))
        for body in (
            AmqpMessageBody.FromValue(Decimal.Parse("1.50")),
            AmqpMessageBody(list_of(ReadOnlyMemory[Byte], parts)),
            AmqpMessageBody.FromSequence(sequences),
        )
    ]
    raw = sent[0].GetRawAmqpMessage()
    raw.Header.Priority = Byte(7)
    raw.Header.Durable = True
    raw.Footer["checked"] = Int32(1)
    raw.MessageAnnotations["x-own"] = "annotation"
    raw.Properties.UserId = ReadOnlyMemory[Byte](Array[Byte]([7, 8]))
    with open_queue(QUEUE) as (sender, receiver):
        send(sender, *sent)
        received = receive(receiver, 3)
        value, data, sequence = (one.GetRawAmqpMessage() for one in received)
        kinds = [one.Body.BodyType for one in (value, data, sequence)]
        equal(kinds, [AmqpMessageBodyType.Value, AmqpMessageBodyType.Data, AmqpMessageBodyType.Sequence], "kinds")
        true(Object.Equals(value.Body.TryGetValue(None)[1], Decimal.Parse("1.50")), "value")
        equal([list(part.ToArray()) for part in data.Body.TryGetData(None)[1]], [[1, 2], [3]], "data")
        equal([list(part) for part in sequence.Body.TryGetSequence(None)[1]], [[1, "two", Guid.Empty]], "sequence")
        equal((value.Header.Priority, value.Header.Durable, value.Footer["checked"]), (7, True, 1), "header and footer")
        equal(value.MessageAnnotations["x-own"], "annotation", "annotation")
        equal(list(value.Properties.UserId.ToArray()), [7, 8], "user id")
        complete(receiver, *received)
