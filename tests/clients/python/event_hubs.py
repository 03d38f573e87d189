"""azure-eventhub as its users use it: produce to a partition, by key and anywhere; consume from the start, from a position."""

import threading

from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.exceptions import AuthenticationError, ConnectError, EventHubError

from story import EVENT_HUB, EVENT_HUBS, RUN, equal, raises, step, true


def producer(connection: str = EVENT_HUBS, hub: str = EVENT_HUB) -> EventHubProducerClient:
    return EventHubProducerClient.from_connection_string(connection, eventhub_name=hub, retry_total=0)


def consumer() -> EventHubConsumerClient:
    return EventHubConsumerClient.from_connection_string(EVENT_HUBS, "$Default", eventhub_name=EVENT_HUB)


def receive(partition: str, count: int, starting_position, inclusive: bool = False) -> list[EventData]:
    """Receives `count` events of one partition."""
    received: list[EventData] = []
    hub = consumer()

    def on_event(_context, event) -> None:
        if event is not None:
            received.append(event)
        if len(received) >= count:
            done.set()

    done = threading.Event()
    thread = threading.Thread(
        target=lambda: hub.receive(
            on_event=on_event,
            partition_id=partition,
            starting_position=starting_position,
            starting_position_inclusive=inclusive,
            max_wait_time=1,
        )
    )
    thread.start()
    arrived = done.wait(30)
    hub.close()
    thread.join(30)
    true(arrived, f"only {len(received)} of {count} events came")
    return received[:count]


@step("Event Hubs: read the hub and its partitions")
def properties() -> None:
    with producer() as hub:
        about = hub.get_eventhub_properties()
        equal(about["eventhub_name"], EVENT_HUB, "name")
        true(len(about["partition_ids"]) >= 2, "partitions")
        partition = hub.get_partition_properties(about["partition_ids"][0])
        equal(partition["id"], about["partition_ids"][0], "partition id")
        true(partition["last_enqueued_sequence_number"] >= -1, "the last number")


@step("Event Hubs: send a batch to a partition and read it from a sequence number on")
def partition() -> None:
    with producer() as hub:
        before = hub.get_partition_properties("0")["last_enqueued_sequence_number"]
        batch = hub.create_batch(partition_id="0")
        for n in range(5):
            event = EventData(f"{RUN} reading {n}")
            event.properties = {"device": "press-1", "n": n}
            batch.add(event)
        hub.send_batch(batch)
        after = hub.get_partition_properties("0")
        equal(after["last_enqueued_sequence_number"], before + 5, "events enqueued")
        equal(after["is_empty"], False, "the partition holds events")
    events = receive("0", 5, before)
    equal([event.body_as_str() for event in events], [f"{RUN} reading {n}" for n in range(5)], "bodies")
    equal(events[3].properties[b"n"], 3, "property")
    equal(events[0].sequence_number, before + 1, "sequence number")
    true(events[0].offset is not None, "offset")
    again = receive("0", 1, events[2].sequence_number, inclusive=True)
    equal(again[0].sequence_number, events[2].sequence_number, "inclusive position")


@step("Event Hubs: one partition key, one partition, in order")
def partition_key() -> None:
    with producer() as hub:
        ids = hub.get_partition_ids()
        before = {n: hub.get_partition_properties(n)["last_enqueued_sequence_number"] for n in ids}
        for n in range(6):
            hub.send_batch([EventData(f"{RUN} keyed {n}")], partition_key="press-7")
        after = {n: hub.get_partition_properties(n)["last_enqueued_sequence_number"] for n in ids}
    grown = [n for n in ids if after[n] > before[n]]
    equal(len(grown), 1, "partitions that grew")
    events = receive(grown[0], 6, before[grown[0]])
    equal([event.body_as_str() for event in events], [f"{RUN} keyed {n}" for n in range(6)], "order")
    equal(events[0].partition_key, b"press-7", "partition key")


@step("Event Hubs: a wrong key, an unknown hub and an unknown partition are refused")
def refused() -> None:
    with producer(EVENT_HUBS.replace("SAS_KEY_VALUE", "wrong")) as hub:
        raises((AuthenticationError, ConnectError), lambda: hub.send_batch([EventData("x")]), "a wrong key")
    with producer(hub="not-there") as hub:
        raises(EventHubError, lambda: hub.send_batch([EventData("x")]), "an unknown hub")
    with producer() as hub:
        raises(EventHubError, lambda: hub.send_batch([EventData("x")], partition_id="99"), "an unknown partition")
