"""Receiving from a queue: both modes, settling, deferral, locks, peeking, dead letters, and what is refused."""

from runtime import each, list_of, seconds, using, wait

from Azure.Messaging.ServiceBus import (
    ServiceBusFailureReason,
    ServiceBusMessageState,
    ServiceBusReceiveMode,
    ServiceBusReceiverOptions,
    SubQueue,
)
from System import (
    DateTimeOffset,
    Guid,
    Int32,
    Int64,
    InvalidOperationException,
    Object,
    UnauthorizedAccessException,
)
from System.Collections.Generic import Dictionary

from clients import (
    bodies,
    client,
    complete,
    message,
    nothing_comes,
    open_queue,
    peek,
    receive,
    receive_one,
    refused,
    send,
)
from story import QUEUE, SERVICE_BUS, SESSIONS, TOPIC, equal, name, raises, step, true


def receiver_of(bus, queue: str, mode: ServiceBusReceiveMode = ServiceBusReceiveMode.PeekLock, **settings):
    options = ServiceBusReceiverOptions()
    options.ReceiveMode = mode
    for key, value in settings.items():
        setattr(options, key, value)
    return using(bus.CreateReceiver(queue, options))


@step("receive-and-delete takes messages at once")
def receive_and_delete() -> None:
    with client() as bus, using(bus.CreateSender(QUEUE)) as sender:
        send(sender, message("gone 1"), message("gone 2"))
        with receiver_of(bus, QUEUE, ServiceBusReceiveMode.ReceiveAndDelete) as receiver:
            received = receive(receiver, 2)
            equal(bodies(received), ["gone 1", "gone 2"], "bodies")
            raises(InvalidOperationException, lambda: complete(receiver, received[0]), "completing what is deleted")
            equal(peek(receiver), [], "messages left")


@step("abandon, dead-letter, and take from the dead-letter queue, with properties to modify")
def settle() -> None:
    with client() as bus, using(bus.CreateSender(QUEUE)) as sender, using(bus.CreateReceiver(QUEUE)) as receiver:
        send(sender, message("bad", MessageId="bad"))
        changes = Dictionary[str, Object]()
        changes["tried"] = Int32(1)
        changes["by"] = Guid.Empty
        wait(receiver.AbandonMessageAsync(receive_one(receiver), changes))
        second = receive_one(receiver)
        equal((second.MessageId, second.DeliveryCount), ("bad", 2), "second delivery")
        equal(second.ApplicationProperties["tried"], 1, "the modified property")
        wait(receiver.DeadLetterMessageAsync(second, changes, "unreadable", "it makes no sense"))
        with receiver_of(bus, QUEUE, SubQueue=SubQueue.DeadLetter) as dead_letters:
            dead = receive_one(dead_letters)
            equal((dead.DeadLetterReason, dead.DeadLetterErrorDescription), ("unreadable", "it makes no sense"), "why")
            equal(dead.ApplicationProperties["by"], Guid.Empty, "the modified property of a dead letter")
            complete(dead_letters, dead)
        send(sender, message("bad again"))
        wait(receiver.DeadLetterMessageAsync(receive_one(receiver)))
        with receiver_of(
            bus, QUEUE, ServiceBusReceiveMode.ReceiveAndDelete, SubQueue=SubQueue.DeadLetter
        ) as dead_letters:
            equal(receive_one(dead_letters).DeadLetterReason, None, "no reason was given")


@step("maxDeliveryCount moves a message to the dead-letter queue")
def max_delivery_count() -> None:
    with client() as bus, using(bus.CreateSender(QUEUE)) as sender, using(bus.CreateReceiver(QUEUE)) as receiver:
        send(sender, message("poison"))
        for _ in range(3):
            wait(receiver.AbandonMessageAsync(receive_one(receiver)))
        nothing_comes(receiver, "deliveries after the third failure")
        with receiver_of(bus, QUEUE, SubQueue=SubQueue.DeadLetter) as dead_letters:
            dead = receive_one(dead_letters)
            equal(dead.DeadLetterReason, "MaxDeliveryCountExceeded", "reason")
            complete(dead_letters, dead)


@step("defer a message and fetch it by its sequence number")
def defer() -> None:
    with open_queue(QUEUE) as (sender, receiver):
        send(sender, message("later"), message("later still"))
        waiting = receive(receiver, 2)
        changes = Dictionary[str, Object]()
        changes["deferred"] = True
        for one in waiting:
            wait(receiver.DeferMessageAsync(one, changes))
        nothing_comes(receiver, "a deferred message does not come by itself")
        numbers = [one.SequenceNumber for one in waiting]
        equal(wait(receiver.PeekMessageAsync()).State, ServiceBusMessageState.Deferred, "state")
        fetched = list(wait(receiver.ReceiveDeferredMessagesAsync(list_of(Int64, numbers))))
        equal(bodies(fetched), ["later", "later still"], "fetched")
        equal(fetched[0].ApplicationProperties["deferred"], True, "the modified property")
        true(fetched[0].LockedUntil > DateTimeOffset.UtcNow, "a lock that lies ahead")
        wait(receiver.RenewMessageLockAsync(fetched[0]))
        wait(receiver.AbandonMessageAsync(fetched[0]))
        complete(receiver, fetched[1])
        again = wait(receiver.ReceiveDeferredMessageAsync(Int64(numbers[0])))
        equal(again.DeliveryCount, 3, "deliveries: received, fetched, fetched")
        complete(receiver, again)
        refused(
            ServiceBusFailureReason.MessageNotFound,
            lambda: wait(receiver.ReceiveDeferredMessageAsync(Int64(numbers[0]))),
            "fetched once more",
        )


@step("renew a lock; a lock that is gone cannot be used")
def locks() -> None:
    with client() as bus, using(bus.CreateSender(QUEUE)) as sender, using(bus.CreateReceiver(QUEUE)) as receiver:
        send(sender, message("slow"))
        received = receive_one(receiver)
        before = received.LockedUntil
        wait(receiver.RenewMessageLockAsync(received))
        true(received.LockedUntil >= before, "the lock lasts longer")
        complete(receiver, received)
        lost = ServiceBusFailureReason.MessageLockLost
        refused(lost, lambda: complete(receiver, received), "completing twice")
        refused(lost, lambda: wait(receiver.RenewMessageLockAsync(received)), "renewing after completing")
        with using(bus.CreateReceiver(QUEUE)) as other:
            refused(lost, lambda: wait(other.AbandonMessageAsync(received)), "abandoning by another receiver")


@step("a message can be settled by another receiver after its own was closed")
def settle_elsewhere() -> None:
    with client() as bus, using(bus.CreateSender(QUEUE)) as sender:
        send(sender, message("handed over"))
        with using(bus.CreateReceiver(QUEUE)) as first:
            received = receive_one(first)
        with using(bus.CreateReceiver(QUEUE)) as second:
            complete(second, received)
            equal(peek(second), [], "messages left")


@step("peek looks at messages and locks none")
def peeking() -> None:
    with open_queue(QUEUE) as (sender, receiver):
        send(sender, *(message(f"peek {n}") for n in range(3)))
        first = list(wait(receiver.PeekMessagesAsync(2)))
        equal(bodies(first), ["peek 0", "peek 1"], "peeked")
        equal(bodies([wait(receiver.PeekMessageAsync())]), ["peek 2"], "the receiver goes on where it was")
        later = wait(receiver.PeekMessagesAsync(10, Int64(first[1].SequenceNumber)))
        equal(bodies(later), ["peek 1", "peek 2"], "from a sequence number on")
        complete(receiver, *receive(receiver, 3))


@step("prefetch, and an endless receiving that is left")
def prefetch() -> None:
    with client() as bus, using(bus.CreateSender(QUEUE)) as sender:
        send(sender, *(message(f"stream {n}") for n in range(20)))
        seen = []
        with receiver_of(bus, QUEUE, PrefetchCount=8) as receiver:
            for received in each(receiver.ReceiveMessagesAsync()):
                seen.append(received.Body.ToString())
                complete(receiver, received)
                if len(seen) == 20:
                    break
        equal(seen, [f"stream {n}" for n in range(20)], "streamed")
        send(sender, *(message(f"deleted {n}") for n in range(20)))
        with receiver_of(bus, QUEUE, ServiceBusReceiveMode.ReceiveAndDelete, PrefetchCount=8) as receiver:
            equal(bodies(receive(receiver, 20)), [f"deleted {n}" for n in range(20)], "received and deleted")


@step("a receiver that is closed gives back what it had not taken")
def closing() -> None:
    with client() as bus, using(bus.CreateSender(QUEUE)) as sender:
        with using(bus.CreateReceiver(QUEUE)) as first:
            nothing_comes(first, "an empty queue")
            send(sender, message("for the next"))
        with using(bus.CreateReceiver(QUEUE)) as second:
            received = receive_one(second)
            equal((received.Body.ToString(), received.DeliveryCount), ("for the next", 1), "nobody had it before")
            complete(second, received)


@step("a wrong key is refused, and so is an entity that is not there")
def refusals() -> None:
    with client(SERVICE_BUS.replace("SAS_KEY_VALUE", "wrong")) as bus:
        with using(bus.CreateSender(QUEUE)) as sender:
            raises(UnauthorizedAccessException, lambda: send(sender, message("x")), "a wrong key")
    not_found = ServiceBusFailureReason.MessagingEntityNotFound
    with client() as bus:
        missing = name("not-there")
        with using(bus.CreateSender(missing)) as sender:
            refused(not_found, lambda: send(sender, message("x")), "sending to an unknown queue")
            refused(
                not_found,
                lambda: wait(sender.ScheduleMessageAsync(message("x"), DateTimeOffset.UtcNow + seconds(60))),
                "scheduling on an unknown queue",
            )
        with using(bus.CreateReceiver(missing)) as receiver:
            refused(not_found, lambda: wait(receiver.ReceiveMessageAsync(seconds(1))), "receiving of an unknown queue")
            refused(not_found, lambda: peek(receiver), "peeking into an unknown queue")
        with using(bus.CreateReceiver(TOPIC, "missing")) as receiver:
            refused(not_found, lambda: wait(receiver.ReceiveMessageAsync(seconds(1))), "an unknown subscription")
        with using(bus.CreateReceiver(SESSIONS)) as receiver:
            raises(
                InvalidOperationException,
                lambda: wait(receiver.ReceiveMessageAsync(seconds(1))),
                "sessions without one",
            )
        with using(bus.CreateSender(SESSIONS)) as sender:
            raises(InvalidOperationException, lambda: send(sender, message("x")), "no session id")
        raises(InvalidOperationException, lambda: wait(bus.AcceptSessionAsync(QUEUE, "a")), "no sessions there")
