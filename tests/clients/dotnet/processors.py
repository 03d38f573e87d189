"""ServiceBusProcessor and its sibling for sessions: .NET's threads call back into this program."""

import threading
from contextlib import contextmanager
from typing import Any, Callable, Iterator

from runtime import seconds, using, wait

from Azure.Messaging.ServiceBus import (
    ProcessErrorEventArgs,
    ProcessMessageEventArgs,
    ProcessSessionEventArgs,
    ProcessSessionMessageEventArgs,
    ServiceBusErrorSource,
    ServiceBusProcessorOptions,
    ServiceBusReceiverOptions,
    ServiceBusSessionProcessorOptions,
    SubQueue,
)
from System import Action, BinaryData, Func
from System.Threading.Tasks import Task

from clients import client, complete, message, peek, receive_one, send
from story import QUEUE, SESSIONS, equal, step, true


class Notes:
    """What the callbacks saw, in the order in which they did, over all threads."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.seen: list[Any] = []

    def add(self, thing: Any) -> None:
        with self._condition:
            self.seen.append(thing)
            self._condition.notify_all()

    def wait_for(self, count: int) -> list[Any]:
        with self._condition:
            true(self._condition.wait_for(lambda: len(self.seen) >= count, 30), f"only {self.seen}, expected {count}")
            return list(self.seen)


@contextmanager
def running(processor: Any, arguments: type, on_message: Callable[[Any], Any], errors: Notes) -> Iterator[None]:
    def handle_message(args: Any) -> Task:
        # On a thread of its own: the processor's loop would wait for a handler that blocks.
        return Task.Run(Action(lambda: on_message(args)))

    def handle_error(args: Any) -> Task:
        errors.add((args.ErrorSource, args.Exception.Message))
        return Task.CompletedTask

    processor.ProcessMessageAsync += Func[arguments, Task](handle_message)
    processor.ProcessErrorAsync += Func[ProcessErrorEventArgs, Task](handle_error)
    with using(processor):
        wait(processor.StartProcessingAsync())
        yield
        wait(processor.StopProcessingAsync())


@step("a processor handles messages side by side and completes them")
def processor() -> None:
    handled, errors = Notes(), Notes()
    together = threading.Barrier(3)

    def on_message(args: Any) -> None:
        together.wait(10)
        handled.add(args.Message.Body.ToString())

    options = ServiceBusProcessorOptions()
    options.MaxConcurrentCalls = 3
    options.PrefetchCount = 5
    with client() as bus, using(bus.CreateSender(QUEUE)) as sender:
        send(sender, *(message(f"job {n}") for n in range(12)))
        with running(bus.CreateProcessor(QUEUE, options), ProcessMessageEventArgs, on_message, errors):
            equal(sorted(handled.wait_for(12)), sorted(f"job {n}" for n in range(12)), "handled")
        equal(errors.seen, [], "errors")
        with using(bus.CreateReceiver(QUEUE)) as receiver:
            equal(peek(receiver), [], "messages left")


@step("a processor abandons what its handler fails on, and tells of it")
def failing_handler() -> None:
    tries, errors = Notes(), Notes()

    def on_message(args: Any) -> None:
        tries.add(args.Message.DeliveryCount)
        if args.Message.DeliveryCount < 3:
            raise RuntimeError("not yet")

    with client() as bus, using(bus.CreateSender(QUEUE)) as sender:
        send(sender, message("stubborn"))
        with running(bus.CreateProcessor(QUEUE), ProcessMessageEventArgs, on_message, errors):
            equal(tries.wait_for(3), [1, 2, 3], "tries")
        equal([source for source, _ in errors.seen], [ServiceBusErrorSource.ProcessMessageCallback] * 2, "errors")
        with using(bus.CreateReceiver(QUEUE)) as receiver:
            equal(peek(receiver), [], "messages left")


@step("a handler settles for itself, and its lock is renewed meanwhile")
def settling_handler() -> None:
    done, errors = Notes(), Notes()

    def on_message(args: Any) -> None:
        before = args.Message.LockedUntil
        wait(args.RenewMessageLockAsync(args.Message))
        true(args.Message.LockedUntil >= before, "the lock lasts longer")
        if args.Message.Body.ToString() == "bad":
            wait(args.DeadLetterMessageAsync(args.Message, "bad", "very bad"))
        else:
            wait(args.CompleteMessageAsync(args.Message))
        done.add(args.Message.Body.ToString())

    options = ServiceBusProcessorOptions()
    options.AutoCompleteMessages = False
    with client() as bus, using(bus.CreateSender(QUEUE)) as sender:
        send(sender, message("good"), message("bad"))
        with running(bus.CreateProcessor(QUEUE, options), ProcessMessageEventArgs, on_message, errors):
            done.wait_for(2)
        equal(errors.seen, [], "errors")
        options = ServiceBusReceiverOptions()
        options.SubQueue = SubQueue.DeadLetter
        with using(bus.CreateReceiver(QUEUE, options)) as dead_letters:
            dead = receive_one(dead_letters)
            equal((dead.Body.ToString(), dead.DeadLetterReason), ("bad", "bad"), "dead letter")
            complete(dead_letters, dead)


@step("a session processor opens sessions side by side, and messages of one come in order")
def session_processor() -> None:
    handled, errors, opened = Notes(), Notes(), Notes()

    def on_message(args: Any) -> None:
        wait(args.SetSessionStateAsync(BinaryData(args.Message.Body.ToString())))
        handled.add((args.SessionId, args.Message.Body.ToString()))

    def on_open(args: Any) -> Task:
        opened.add(args.SessionId)
        return Task.CompletedTask

    options = ServiceBusSessionProcessorOptions()
    options.MaxConcurrentSessions = 3
    options.SessionIdleTimeout = seconds(1)
    sessions = ("north", "south", "east", "west")
    with client() as bus, using(bus.CreateSender(SESSIONS)) as sender:
        for session in sessions:
            send(sender, *(message(f"{session} {n}", SessionId=session) for n in range(4)))
        made = bus.CreateSessionProcessor(SESSIONS, options)
        made.SessionInitializingAsync += Func[ProcessSessionEventArgs, Task](on_open)
        with running(made, ProcessSessionMessageEventArgs, on_message, errors):
            handled.wait_for(16)
        for session in sessions:
            equal([text for of, text in handled.seen if of == session], [f"{session} {n}" for n in range(4)], session)
        equal(sorted(opened.seen), sorted(sessions), "sessions that were opened")
        equal(errors.seen, [], "errors")
        with using(wait(bus.AcceptSessionAsync(SESSIONS, "west"))) as receiver:
            equal(wait(receiver.GetSessionStateAsync()).ToString(), "west 3", "state")
            equal(peek(receiver), [], "messages left")
