package clients;

import static clients.Story.EVENT_HUB;
import static clients.Story.EVENT_HUBS;
import static clients.Story.RUN;
import static clients.Story.check;
import static clients.Story.equal;
import static clients.Story.refused;

import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.messaging.eventhubs.EventData;
import com.azure.messaging.eventhubs.EventDataBatch;
import com.azure.messaging.eventhubs.EventHubClientBuilder;
import com.azure.messaging.eventhubs.EventHubConsumerClient;
import com.azure.messaging.eventhubs.EventHubProducerClient;
import com.azure.messaging.eventhubs.models.CreateBatchOptions;
import com.azure.messaging.eventhubs.models.EventPosition;
import com.azure.messaging.eventhubs.models.PartitionEvent;
import com.azure.messaging.eventhubs.models.SendOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Produce to a partition and by key; consume from a position. */
final class EventHubsSteps {
  static void add(Story story) {
    story.step("Event Hubs: read the hub and its partitions", EventHubsSteps::properties);
    story.step("Event Hubs: send a batch to a partition and read it from a sequence number on", EventHubsSteps::partition);
    story.step("Event Hubs: one partition key, one partition, in order", EventHubsSteps::partitionKey);
    story.step("Event Hubs: a wrong key and an unknown hub are refused", EventHubsSteps::refusals);
  }

  private static EventHubClientBuilder builder(String connection, String hub) {
    return new EventHubClientBuilder()
        .connectionString(connection, hub)
        .consumerGroup(EventHubClientBuilder.DEFAULT_CONSUMER_GROUP_NAME)
        .retryOptions(new AmqpRetryOptions().setMaxRetries(0).setTryTimeout(Duration.ofSeconds(20)));
  }

  private static EventHubProducerClient producer() {
    return builder(EVENT_HUBS, EVENT_HUB).buildProducerClient();
  }

  private static List<PartitionEvent> read(String partition, long after, int count) {
    List<PartitionEvent> events = new ArrayList<>();
    try (EventHubConsumerClient consumer = builder(EVENT_HUBS, EVENT_HUB).buildConsumerClient()) {
      consumer.receiveFromPartition(partition, count, EventPosition.fromSequenceNumber(after), Duration.ofSeconds(15))
          .forEach(events::add);
    }
    equal(events.size(), count, "events that came");
    return events;
  }

  private static List<String> bodies(List<PartitionEvent> events) {
    return events.stream().map(event -> event.getData().getBodyAsString()).toList();
  }

  private static void properties() {
    try (EventHubProducerClient hub = producer()) {
      equal(hub.getEventHubProperties().getName(), EVENT_HUB, "name");
      List<String> ids = hub.getPartitionIds().stream().toList();
      check(ids.size() >= 2, "partitions");
      equal(hub.getPartitionProperties(ids.get(0)).getId(), ids.get(0), "partition id");
    }
  }

  private static void partition() {
    List<String> texts = new ArrayList<>();
    long before;
    try (EventHubProducerClient hub = producer()) {
      before = hub.getPartitionProperties("0").getLastEnqueuedSequenceNumber();
      EventDataBatch batch = hub.createBatch(new CreateBatchOptions().setPartitionId("0"));
      for (int n = 0; n < 5; n++) {
        EventData event = new EventData(RUN + " reading " + n);
        event.getProperties().put("n", n);
        check(batch.tryAdd(event), "the batch takes the event");
        texts.add(RUN + " reading " + n);
      }
      hub.send(batch);
      equal(hub.getPartitionProperties("0").getLastEnqueuedSequenceNumber(), before + 5, "events enqueued");
    }
    List<PartitionEvent> events = read("0", before, 5);
    equal(bodies(events), texts, "bodies");
    equal(events.get(3).getData().getProperties().get("n"), 3, "property");
    equal(events.get(0).getData().getSequenceNumber(), before + 1, "sequence number");
  }

  private static void partitionKey() {
    List<String> texts = new ArrayList<>();
    String partition = null;
    long after = 0;
    try (EventHubProducerClient hub = producer()) {
      List<String> ids = hub.getPartitionIds().stream().toList();
      List<Long> before = ids.stream().map(id -> hub.getPartitionProperties(id).getLastEnqueuedSequenceNumber()).toList();
      for (int n = 0; n < 4; n++) {
        texts.add("keyed " + n);
        hub.send(List.of(new EventData("keyed " + n)), new SendOptions().setPartitionKey("press-7"));
      }
      int grown = 0;
      for (int index = 0; index < ids.size(); index++) {
        if (hub.getPartitionProperties(ids.get(index)).getLastEnqueuedSequenceNumber() > before.get(index)) {
          grown++;
          partition = ids.get(index);
          after = before.get(index);
        }
      }
      equal(grown, 1, "partitions that grew");
    }
    List<PartitionEvent> events = read(partition, after, 4);
    equal(bodies(events), texts, "order");
    equal(events.get(0).getData().getPartitionKey(), "press-7", "partition key");
  }

  private static void refusals() throws Exception {
    try (EventHubProducerClient hub = builder(EVENT_HUBS.replace("SAS_KEY_VALUE", "wrong"), EVENT_HUB).buildProducerClient()) {
      refused(RuntimeException.class, hub::createBatch, "a wrong key");
    }
    try (EventHubProducerClient hub = builder(EVENT_HUBS, "not-there").buildProducerClient()) {
      refused(RuntimeException.class, hub::createBatch, "an unknown hub");
    }
  }

  private EventHubsSteps() {}
}
