"""System.Transactions over Service Bus: commit, roll back, and what a transaction may span."""

from contextlib import contextmanager
from typing import Iterator

from runtime import seconds, using, wait

from Azure.Messaging.ServiceBus import ServiceBusFailureReason
from System import BinaryData, DateTimeOffset, Int64, InvalidOperationException
from System.Transactions import TransactionScope, TransactionScopeAsyncFlowOption

from clients import bodies, client, complete, message, open_queue, peek, receive, receive_one, refused, send
from story import QUEUE, SECOND, SESSIONS, TOPIC, equal, raises, step


@contextmanager
def transaction(commit: bool) -> Iterator[None]:
    scope = TransactionScope(TransactionScopeAsyncFlowOption.Enabled)
    try:
        yield
        if commit:
            scope.Complete()
    finally:
        scope.Dispose()


@step("a transaction sends and settles all or nothing")
def all_or_nothing() -> None:
    with open_queue(QUEUE) as (sender, receiver):
        send(sender, message("in"))
        received = receive_one(receiver)
        with transaction(commit=False):
            send(sender, message("out 1"), message("out 2"))
            wait(sender.SendMessageAsync(message("out 3")))
            complete(receiver, received)
        equal(peek(receiver), ["in"], "after rolling back")
        with transaction(commit=True):
            send(sender, message("out 1"), message("out 2"))
            complete(receiver, received)
        refused(ServiceBusFailureReason.MessageLockLost, lambda: complete(receiver, received), "completed before")
        results = receive(receiver, 2)
        equal(bodies(results), ["out 1", "out 2"], "after the commit")
        complete(receiver, *results)


@step("every way to settle, in a transaction that is rolled back and in one that is committed")
def every_settlement() -> None:
    with client() as bus, using(bus.CreateSender(SECOND)) as sender, using(bus.CreateReceiver(SECOND)) as receiver:
        for way, left in (("Complete", 0), ("Abandon", 1), ("Defer", 1), ("DeadLetter", 0)):
            send(sender, message(way))
            received = receive_one(receiver)
            settle = getattr(receiver, f"{way}MessageAsync")
            for commit in (False, True):
                with transaction(commit):
                    wait(settle(received))
            equal(len(list(wait(receiver.PeekMessagesAsync(10, Int64(0))))), left, f"{way}: messages left")
            if way == "Abandon":
                again = receive_one(receiver)
                equal(again.DeliveryCount, 2, "abandoned once")
                complete(receiver, again)
            if way == "Defer":
                complete(receiver, wait(receiver.ReceiveDeferredMessageAsync(Int64(received.SequenceNumber))))


@step("scheduling in a transaction")
def scheduling() -> None:
    with open_queue(SECOND) as (sender, receiver):
        due = DateTimeOffset.UtcNow + seconds(3600)
        with transaction(commit=False):
            wait(sender.ScheduleMessageAsync(message("never"), due))
        equal(peek(receiver), [], "rolled back")
        with transaction(commit=True):
            number = wait(sender.ScheduleMessageAsync(message("later"), due))
        equal(peek(receiver), ["later"], "committed")
        with transaction(commit=False):
            wait(sender.CancelScheduledMessageAsync(Int64(number)))
        equal(bodies(wait(receiver.PeekMessagesAsync(1, Int64(0)))), ["later"], "the cancellation rolled back")
        with transaction(commit=True):
            wait(sender.CancelScheduledMessageAsync(Int64(number)))
        equal(list(wait(receiver.PeekMessagesAsync(1, Int64(0)))), [], "cancelled")


@step("a transaction's messages of several sessions come in the order in which they were sent")
def several_sessions() -> None:
    with client() as bus, using(bus.CreateSender(SESSIONS)) as sender:
        with transaction(commit=True):
            wait(sender.SendMessageAsync(message("sent", SessionId="first")))
            wait(sender.ScheduleMessageAsync(message("scheduled for now", SessionId="second"), DateTimeOffset.UtcNow))
        for session, body in (("first", "sent"), ("second", "scheduled for now")):
            with using(wait(bus.AcceptNextSessionAsync(SESSIONS))) as receiver:
                received = receive_one(receiver)
                equal((receiver.SessionId, received.Body.ToString()), (session, body), "the next session")
                complete(receiver, received)


@step("a transaction over two entities is refused")
def two_entities() -> None:
    with client() as bus, using(bus.CreateSender(QUEUE)) as first, using(bus.CreateSender(SECOND)) as second:
        with transaction(commit=False):
            send(first, message("x"))
            raises(InvalidOperationException, lambda: send(second, message("y")), "a second entity")


@step("a transaction over several entities, by way of the first")
def cross_entity() -> None:
    with client(EnableCrossEntityTransactions=True) as bus:
        with using(bus.CreateReceiver(QUEUE)) as receiver, using(bus.CreateSender(SECOND)) as second, using(
            bus.CreateSender(TOPIC)
        ) as topic:
            with client() as other, using(other.CreateSender(QUEUE)) as sender:
                send(sender, message("start"))
            received = receive_one(receiver)
            for commit in (False, True):
                with transaction(commit):
                    complete(receiver, received)
                    send(second, message("to the second"))
                    send(topic, message("to the topic"))
                with client() as other, using(other.CreateReceiver(SECOND)) as after:
                    equal(peek(after), ["to the second"] if commit else [], f"committed: {commit}")
            equal(peek(receiver), [], "the first queue")
    with client() as other, using(other.CreateReceiver(SECOND)) as after:
        complete(after, receive_one(after))


@step("a transaction with a session's messages and state")
def in_session() -> None:
    with client() as bus, using(bus.CreateSender(SESSIONS)) as sender:
        send(sender, message("in", SessionId="t"))
        with using(wait(bus.AcceptSessionAsync(SESSIONS, "t"))) as receiver:
            with transaction(commit=True):
                complete(receiver, receive_one(receiver))
                send(sender, message("out", SessionId="t"))
                wait(receiver.SetSessionStateAsync(BinaryData("committed")))
            out = receive_one(receiver)
            equal(out.Body.ToString(), "out", "after the commit")
            with transaction(commit=False):
                complete(receiver, out)
                wait(receiver.SetSessionStateAsync(BinaryData("rolled back")))
            equal(peek(receiver), ["out"], "after rolling back")
            equal(wait(receiver.GetSessionStateAsync()).ToString(), "committed", "state")
            complete(receiver, out)
            equal(bodies(wait(receiver.PeekMessagesAsync(1, Int64(0)))), [], "completed outside")
