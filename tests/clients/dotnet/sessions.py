"""Sessions: state, order, renewal, the next available one, one that is taken, and their dead letters."""

from runtime import using, wait

from Azure.Messaging.ServiceBus import (
    ServiceBusFailureReason,
    ServiceBusReceiveMode,
    ServiceBusReceiverOptions,
    ServiceBusSessionReceiverOptions,
    SubQueue,
)
from System import BinaryData, DateTimeOffset, Int64
from System.Threading import CancellationTokenSource
from System.Threading.Tasks import TaskCanceledException

from clients import (
    bodies,
    client,
    complete,
    impatient,
    message,
    nothing_comes,
    peek,
    receive,
    receive_one,
    refused,
    send,
)
from story import SESSIONS, equal, raises, step, true


def send_to(bus, session: str, *texts: str) -> None:
    with using(bus.CreateSender(SESSIONS)) as sender:
        send(sender, *(message(text, SessionId=session) for text in texts))


def accept(bus, session: str, **settings):
    options = ServiceBusSessionReceiverOptions()
    for name, value in settings.items():
        setattr(options, name, value)
    return using(wait(bus.AcceptSessionAsync(SESSIONS, session, options)))


@step("a session's state, lock and messages")
def session() -> None:
    with client() as bus:
        send_to(bus, "a", "a0", "a1", "a2")
        with accept(bus, "a") as receiver:
            equal(receiver.SessionId, "a", "session id")
            true(receiver.SessionLockedUntil > DateTimeOffset.UtcNow, "the session's lock lies ahead")
            before = receiver.SessionLockedUntil
            wait(receiver.RenewSessionLockAsync())
            true(receiver.SessionLockedUntil >= before, "it lasts longer")
            equal(wait(receiver.GetSessionStateAsync()), None, "no state yet")
            wait(receiver.SetSessionStateAsync(BinaryData('{"step": 2}')))
            equal(wait(receiver.GetSessionStateAsync()).ToString(), '{"step": 2}', "state")
            with client() as other:
                refused(
                    ServiceBusFailureReason.SessionCannotBeLocked,
                    lambda: wait(other.AcceptSessionAsync(SESSIONS, "a")),
                    "a session that another receiver holds",
                )
            received = receive(receiver, 3)
            equal(bodies(received), ["a0", "a1", "a2"], "order")
            equal([one.SessionId for one in received], ["a"] * 3, "session of the messages")
            complete(receiver, received[0])
            wait(receiver.DeferMessageAsync(received[1]))
            wait(receiver.DeadLetterMessageAsync(received[2], "unreadable"))
            equal(peek(receiver), ["a1"], "left in the session")
            complete(receiver, wait(receiver.ReceiveDeferredMessageAsync(Int64(received[1].SequenceNumber))))
            wait(receiver.SetSessionStateAsync(None))
            equal(wait(receiver.GetSessionStateAsync()), None, "the state is gone")
        options = ServiceBusReceiverOptions()
        options.SubQueue = SubQueue.DeadLetter
        with using(bus.CreateReceiver(SESSIONS, options)) as dead_letters:
            dead = receive_one(dead_letters)
            equal(
                (dead.Body.ToString(), dead.SessionId, dead.DeadLetterReason), ("a2", "a", "unreadable"), "dead letter"
            )
            complete(dead_letters, dead)


@step("the next available session, and none within the time")
def next_session() -> None:
    with client() as bus:
        send_to(bus, "b", "b0")
        with using(wait(bus.AcceptNextSessionAsync(SESSIONS))) as receiver:
            equal(receiver.SessionId, "b", "session id")
            complete(receiver, receive_one(receiver))
            nothing_comes(receiver, "the session is empty")
    with client() as bus:
        waiting = bus.AcceptNextSessionAsync(SESSIONS)
        send_to(bus, "late", "late0")
        with using(wait(waiting)) as receiver:
            equal(receiver.SessionId, "late", "a session that comes while the client waits")
            complete(receiver, receive_one(receiver))


@step("waiting for a session ends by time-out or by cancellation")
def no_session() -> None:
    with impatient(2) as bus:
        refused(
            ServiceBusFailureReason.ServiceTimeout,
            lambda: wait(bus.AcceptNextSessionAsync(SESSIONS)),
            "no session comes",
        )
    with client() as bus:
        source = CancellationTokenSource(300)
        raises(
            TaskCanceledException, lambda: wait(bus.AcceptNextSessionAsync(SESSIONS, None, source.Token)), "cancelled"
        )
        send_to(bus, "c", "c0")
        with using(wait(bus.AcceptNextSessionAsync(SESSIONS))) as receiver:
            received = receive_one(receiver)
            equal((received.SessionId, received.DeliveryCount), ("c", 1), "the wait that was given up took nothing")
            complete(receiver, received)


@step("a session that is closed is free at once, and its messages come again")
def free_again() -> None:
    with client() as bus:
        send_to(bus, "d", "d0", "d1")
        with accept(bus, "d", PrefetchCount=10) as receiver:
            equal(receive_one(receiver).Body.ToString(), "d0", "the first message")
        with accept(bus, "d", ReceiveMode=ServiceBusReceiveMode.ReceiveAndDelete) as receiver:
            again = receive(receiver, 2)
            equal([(one.Body.ToString(), one.DeliveryCount) for one in again], [("d0", 1), ("d1", 1)], "both again")
