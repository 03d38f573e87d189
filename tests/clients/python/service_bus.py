"""azure-servicebus as its users use it: queues, topics, sessions, deferral, scheduling, the dead-letter queue."""

from datetime import datetime, timedelta, timezone

from azure.servicebus import (
    AutoLockRenewer,
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageSizeExceededError,
    OperationTimeoutError,
    ServiceBusAuthenticationError,
    ServiceBusError,
    SessionCannotBeLockedError,
)

from story import QUEUE, SERVICE_BUS, SESSIONS, SUBSCRIPTION, TOPIC, equal, raises, step, true


def client(connection: str = SERVICE_BUS, **options) -> ServiceBusClient:
    return ServiceBusClient.from_connection_string(connection, retry_total=0, **options)


def bodies(messages) -> list[str]:
    return [str(message) for message in messages]


@step("send one message with every property, receive it and complete it")
def send_one() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        sender.send_messages(
            ServiceBusMessage(
                '{"order": 1}',
                message_id="order-1",
                correlation_id="correlation-1",
                content_type="application/json",
                subject="paid",
                to="printing",
                reply_to="answers",
                partition_key="p",
                time_to_live=timedelta(minutes=5),
                application_properties={"amount": 12, "price": 1.5, "rush": True, "city": "Köln"},
            )
        )
        message = receiver.receive_messages(max_message_count=1, max_wait_time=10)[0]
        equal(str(message), '{"order": 1}', "body")
        equal(message.message_id, "order-1", "message id")
        equal(message.correlation_id, "correlation-1", "correlation id")
        equal(message.content_type, "application/json", "content type")
        equal((message.subject, message.to, message.reply_to), ("paid", "printing", "answers"), "addresses")
        equal(message.partition_key, "p", "partition key")
        equal(message.time_to_live, timedelta(minutes=5), "time to live")
        properties = message.application_properties
        equal(properties[b"amount"], 12, "int property")
        equal(properties[b"price"], 1.5, "double property")
        equal(properties[b"rush"], True, "boolean property")
        equal(properties[b"city"], "Köln".encode(), "string property")
        equal(message.delivery_count, 0, "delivery count")
        true(message.sequence_number > 0, "the sequence number is set")
        true(message.locked_until_utc > datetime.now(timezone.utc), "the lock lies ahead")
        true(message.enqueued_time_utc <= datetime.now(timezone.utc) + timedelta(seconds=5), "the enqueued time is set")
        receiver.complete_message(message)
        equal(receiver.peek_messages(), [], "messages left")


@step("send a list and a batch, receive all of them")
def send_batches() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        sender.send_messages([ServiceBusMessage(f"list {n}", message_id=f"l{n}") for n in range(5)])
        batch = sender.create_message_batch()
        for n in range(5):
            batch.add_message(ServiceBusMessage(f"batch {n}", application_properties={"n": n}))
        sender.send_messages(batch)
        received = []
        while len(received) < 10:
            chunk = receiver.receive_messages(max_message_count=10, max_wait_time=5)
            true(chunk, f"only {len(received)} of 10 messages came")
            received += chunk
        equal(bodies(received), [f"list {n}" for n in range(5)] + [f"batch {n}" for n in range(5)], "order of bodies")
        for message in received:
            receiver.complete_message(message)


@step("a message that is too large is refused")
def too_large() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender:
        batch = sender.create_message_batch(1024)
        raises(ValueError, lambda: batch.add_message(ServiceBusMessage("x" * 2000)), "batch of 1024 bytes")
        half = b"x" * (600 * 1024)
        raises(
            MessageSizeExceededError,
            lambda: sender.send_messages([ServiceBusMessage(half), ServiceBusMessage(half)]),
            "a list above the queue's limit",
        )
        # The client loses the condition of the link that the service closes, so it is only an error.
        raises(ServiceBusError, lambda: sender.send_messages(ServiceBusMessage(half + half)), "a message above the limit")


@step("receive-and-delete takes messages at once")
def receive_and_delete() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender:
        sender.send_messages([ServiceBusMessage("gone 1"), ServiceBusMessage("gone 2")])
        with bus.get_queue_receiver(QUEUE, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as receiver:
            received = []
            while len(received) < 2:
                chunk = receiver.receive_messages(max_message_count=2, max_wait_time=5)
                true(chunk, "both messages come")
                received += chunk
            equal(bodies(received), ["gone 1", "gone 2"], "bodies")
            equal(receiver.peek_messages(), [], "messages left")


@step("abandon, dead-letter, and take from the dead-letter queue")
def settle() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        sender.send_messages(ServiceBusMessage("bad", message_id="bad"))
        first = receiver.receive_messages(max_wait_time=10)[0]
        receiver.abandon_message(first)
        second = receiver.receive_messages(max_wait_time=10)[0]
        equal((second.message_id, second.delivery_count), ("bad", 1), "second delivery")
        receiver.dead_letter_message(second, reason="unreadable", error_description="it makes no sense")
        with bus.get_queue_receiver(QUEUE, sub_queue=ServiceBusSubQueue.DEAD_LETTER) as dead_letters:
            dead = dead_letters.receive_messages(max_wait_time=10)[0]
            equal((dead.dead_letter_reason, dead.dead_letter_error_description), ("unreadable", "it makes no sense"), "why")
            dead_letters.complete_message(dead)


@step("maxDeliveryCount moves a message to the dead-letter queue")
def max_delivery_count() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        sender.send_messages(ServiceBusMessage("poison"))
        for _ in range(3):
            receiver.abandon_message(receiver.receive_messages(max_wait_time=10)[0])
        equal(receiver.receive_messages(max_wait_time=1), [], "deliveries after the third failure")
        with bus.get_queue_receiver(QUEUE, sub_queue=ServiceBusSubQueue.DEAD_LETTER) as dead_letters:
            dead = dead_letters.receive_messages(max_wait_time=10)[0]
            equal(dead.dead_letter_reason, "MaxDeliveryCountExceeded", "reason")
            dead_letters.complete_message(dead)


@step("defer a message and fetch it by its sequence number")
def defer() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        sender.send_messages(ServiceBusMessage("later"))
        message = receiver.receive_messages(max_wait_time=10)[0]
        receiver.defer_message(message)
        equal(receiver.receive_messages(max_wait_time=1), [], "a deferred message does not come by itself")
        fetched = receiver.receive_deferred_messages([message.sequence_number])
        equal(bodies(fetched), ["later"], "fetched")
        receiver.complete_message(fetched[0])
        raises(ServiceBusError, lambda: receiver.receive_deferred_messages([message.sequence_number]), "fetched twice")


@step("schedule a message, cancel it, and schedule one that comes")
def schedule() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        far = datetime.now(timezone.utc) + timedelta(hours=1)
        numbers = sender.schedule_messages([ServiceBusMessage("never 1"), ServiceBusMessage("never 2")], far)
        equal(len(numbers), 2, "sequence numbers")
        equal(len(receiver.peek_messages(max_message_count=5)), 2, "scheduled messages that can be peeked")
        sender.cancel_scheduled_messages(numbers)
        equal(receiver.peek_messages(), [], "messages after the cancellation")
        soon = datetime.now(timezone.utc) + timedelta(seconds=1)
        sender.schedule_messages(ServiceBusMessage("soon"), soon)
        message = receiver.receive_messages(max_wait_time=15)[0]
        equal(str(message), "soon", "body")
        true(message.enqueued_time_utc >= soon - timedelta(seconds=1), "it came when it was due")
        receiver.complete_message(message)


@step("renew a lock, by hand and automatically; a settled message has none")
def renew_locks() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        sender.send_messages(ServiceBusMessage("slow"))
        message = receiver.receive_messages(max_wait_time=10)[0]
        before = message.locked_until_utc
        renewed = receiver.renew_message_lock(message)
        true(renewed >= before, "the lock lasts longer")
        equal(message.locked_until_utc, renewed, "the message knows")
        with AutoLockRenewer() as renewer:
            renewer.register(receiver, message, max_lock_renewal_duration=60)
        receiver.complete_message(message)
        raises(Exception, lambda: receiver.complete_message(message), "settled twice")


@step("peek looks at messages and locks none")
def peek() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        sender.send_messages([ServiceBusMessage(f"peek {n}") for n in range(3)])
        peeked = receiver.peek_messages(max_message_count=10)
        equal(bodies(peeked), ["peek 0", "peek 1", "peek 2"], "peeked")
        later = receiver.peek_messages(max_message_count=10, sequence_number=peeked[1].sequence_number)
        equal(bodies(later), ["peek 1", "peek 2"], "from a sequence number on")
        received = []
        while len(received) < 3:
            received += receiver.receive_messages(max_message_count=3, max_wait_time=5)
        for message in received:
            receiver.complete_message(message)


@step("iterate over a receiver until nothing comes")
def iterate() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender:
        sender.send_messages([ServiceBusMessage(f"stream {n}") for n in range(20)])
        seen = []
        with bus.get_queue_receiver(QUEUE, max_wait_time=2, prefetch_count=10) as receiver:
            for message in receiver:
                seen.append(str(message))
                receiver.complete_message(message)
        equal(seen, [f"stream {n}" for n in range(20)], "streamed")


@step("sessions: state, order, renewal, the next available one, and one that is taken")
def sessions() -> None:
    with client() as bus:
        with bus.get_queue_sender(SESSIONS) as sender:
            for session in ("a", "b"):
                sender.send_messages([ServiceBusMessage(f"{session}{n}", session_id=session) for n in range(3)])
        with bus.get_queue_receiver(SESSIONS, session_id="a", max_wait_time=5) as receiver:
            session = receiver.session
            equal(session.session_id, "a", "session id")
            before = session.locked_until_utc
            true(session.renew_lock() >= before, "the session's lock lasts longer")
            equal(session.get_state(), None, "no state yet")
            session.set_state(b'{"step": 2}')
            equal(session.get_state(), b'{"step": 2}', "state")
            with client() as other:
                taken = other.get_queue_receiver(SESSIONS, session_id="a")
                raises(SessionCannotBeLockedError, taken.__enter__, "a session that another receiver holds")
            received = []
            while len(received) < 3:
                received += receiver.receive_messages(max_message_count=3, max_wait_time=5)
            equal(bodies(received), ["a0", "a1", "a2"], "order within the session")
            receiver.defer_message(received[0])
            fetched = receiver.receive_deferred_messages([received[0].sequence_number])
            receiver.complete_message(fetched[0])
            for message in received[1:]:
                receiver.complete_message(message)
        with bus.get_queue_receiver(SESSIONS, session_id=NEXT_AVAILABLE_SESSION, max_wait_time=5) as receiver:
            equal(receiver.session.session_id, "b", "the next session with messages")
            for message in receiver:
                receiver.complete_message(message)
        with bus.get_queue_receiver(SESSIONS, session_id="a") as receiver:
            equal(receiver.session.get_state(), b'{"step": 2}', "the state outlives the receiver")
            receiver.session.set_state(None)
            equal(receiver.session.get_state(), None, "the state is gone")
        empty = bus.get_queue_receiver(SESSIONS, session_id=NEXT_AVAILABLE_SESSION, max_wait_time=1)
        raises(OperationTimeoutError, empty.__enter__, "no session with messages")


@step("a topic copies to its subscriptions by their rules")
def topic() -> None:
    with client() as bus, bus.get_topic_sender(TOPIC) as sender:
        sender.send_messages(
            [
                ServiceBusMessage("paid", application_properties={"type": "OrderPaid", "amount": 10}),
                ServiceBusMessage("cancelled", application_properties={"type": "OrderCancelled"}),
            ]
        )
        with bus.get_subscription_receiver(TOPIC, SUBSCRIPTION, max_wait_time=3) as receiver:
            received = []
            for message in receiver:
                received.append(message)
                receiver.complete_message(message)
            equal(bodies(received), ["paid"], "what the filter lets through")
            equal(received[0].application_properties[b"priority"], b"high", "what the action set")
        with bus.get_subscription_receiver(TOPIC, "audit", max_wait_time=3) as receiver:
            received = []
            for message in receiver:
                received.append(str(message))
                receiver.complete_message(message)
            equal(sorted(received), ["cancelled", "paid"], "everything")


@step("a wrong key is refused, and so is an entity that is not there")
def refusals() -> None:
    wrong = SERVICE_BUS.replace("SAS_KEY_VALUE", "wrong")
    with client(wrong) as bus:
        sender = bus.get_queue_sender(QUEUE)
        raises(ServiceBusAuthenticationError, lambda: sender.send_messages(ServiceBusMessage("x")), "a wrong key")
    with client() as bus:
        sender = bus.get_queue_sender("not-there")
        # Its token is answered with 404, and the client knows one error for tokens (its live test test_sb_client_bad_entity).
        raises(ServiceBusAuthenticationError, lambda: sender.send_messages(ServiceBusMessage("x")), "an unknown queue")


@step("a lock that is lost cannot be used")
def lock_lost() -> None:
    with client() as bus, bus.get_queue_sender(QUEUE) as sender, bus.get_queue_receiver(QUEUE) as receiver:
        sender.send_messages(ServiceBusMessage("short"))
        message = receiver.receive_messages(max_wait_time=10)[0]
        receiver.complete_message(message)
        message._settled = False  # what a second process with the same lock token would look like
        raises((MessageLockLostError, ServiceBusError), lambda: receiver.complete_message(message), "the lock is gone")
