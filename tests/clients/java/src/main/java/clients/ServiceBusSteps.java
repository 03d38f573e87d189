package clients;

import static clients.Story.QUEUE;
import static clients.Story.SESSIONS;
import static clients.Story.SUBSCRIPTION;
import static clients.Story.TOPIC;
import static clients.Story.check;
import static clients.Story.equal;
import static clients.Story.refused;

import com.azure.core.amqp.AmqpRetryOptions;
import com.azure.core.amqp.AmqpTransportType;
import com.azure.messaging.servicebus.ServiceBusClientBuilder;
import com.azure.messaging.servicebus.ServiceBusException;
import com.azure.messaging.servicebus.ServiceBusFailureReason;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusMessageBatch;
import com.azure.messaging.servicebus.ServiceBusProcessorClient;
import com.azure.messaging.servicebus.ServiceBusReceivedMessage;
import com.azure.messaging.servicebus.ServiceBusReceiverClient;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.ServiceBusSessionReceiverClient;
import com.azure.messaging.servicebus.ServiceBusTransactionContext;
import com.azure.messaging.servicebus.models.CompleteOptions;
import com.azure.messaging.servicebus.models.DeadLetterOptions;
import com.azure.messaging.servicebus.models.ServiceBusReceiveMode;
import com.azure.messaging.servicebus.models.SubQueue;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Queues, topics, sessions, deferral, scheduling, transactions, the dead-letter queue. */
final class ServiceBusSteps {
  private static final Duration SOON = Duration.ofSeconds(10);

  static void add(Story story) {
    story.step("send one message with every property, receive it and complete it", ServiceBusSteps::sendOne);
    story.step("send a list and a batch, receive all of them", ServiceBusSteps::sendBatches);
    story.step("receive-and-delete takes messages at once", ServiceBusSteps::receiveAndDelete);
    story.step("abandon, dead-letter, and take from the dead-letter queue", ServiceBusSteps::settle);
    story.step("defer a message and fetch it by its sequence number", ServiceBusSteps::defer);
    story.step("schedule messages, cancel them, and schedule one that comes", ServiceBusSteps::schedule);
    story.step("renew a lock; a settled message has none", ServiceBusSteps::renewLock);
    story.step("peek looks at messages and locks none", ServiceBusSteps::peek);
    story.step("a processor handles what comes", ServiceBusSteps::processor);
    story.step("sessions: state, order, renewal, the next available one, and one that is taken", ServiceBusSteps::sessions);
    story.step("transactions: what is rolled back did not happen, what is committed did", ServiceBusSteps::transactions);
    story.step("a topic copies to its subscriptions by their rules", ServiceBusSteps::topic);
    story.step("AMQP over a secure WebSocket", ServiceBusSteps::webSocket);
    story.step("a wrong key is refused, and so is an entity that is not there", ServiceBusSteps::refusals);
  }

  static ServiceBusClientBuilder builder(String connection) {
    return new ServiceBusClientBuilder()
        .connectionString(connection)
        .retryOptions(new AmqpRetryOptions().setMaxRetries(0).setTryTimeout(Duration.ofSeconds(20)));
  }

  private static ServiceBusSenderClient sender(String queue) {
    return builder(Story.SERVICE_BUS).sender().queueName(queue).buildClient();
  }

  private static ServiceBusReceiverClient receiver() {
    return builder(Story.SERVICE_BUS).receiver().queueName(QUEUE).disableAutoComplete().buildClient();
  }

  private static List<ServiceBusReceivedMessage> receive(ServiceBusReceiverClient receiver, int count) {
    List<ServiceBusReceivedMessage> received = new ArrayList<>();
    while (received.size() < count) {
      List<ServiceBusReceivedMessage> chunk = receiver.receiveMessages(count - received.size(), SOON).stream().toList();
      check(!chunk.isEmpty(), "only " + received.size() + " of " + count + " messages came");
      received.addAll(chunk);
    }
    return received;
  }

  private static List<String> bodies(List<ServiceBusReceivedMessage> messages) {
    return messages.stream().map(message -> message.getBody().toString()).toList();
  }

  private static void nothingComes(ServiceBusReceiverClient receiver, String what) {
    equal(bodies(receiver.receiveMessages(1, Duration.ofSeconds(1)).stream().toList()), List.of(), what);
  }

  private static void sendOne() {
    try (var sender = sender(QUEUE); var receiver = receiver()) {
      ServiceBusMessage message = new ServiceBusMessage("{\"order\":1}")
          .setMessageId("order-1").setCorrelationId("correlation-1").setContentType("application/json")
          .setSubject("paid").setTo("printing").setReplyTo("answers").setPartitionKey("p")
          .setTimeToLive(Duration.ofMinutes(5));
      message.getApplicationProperties().put("amount", 12);
      message.getApplicationProperties().put("big", 1L << 40);
      message.getApplicationProperties().put("price", 1.5);
      message.getApplicationProperties().put("rush", true);
      message.getApplicationProperties().put("city", "Köln");
      sender.sendMessage(message);
      ServiceBusReceivedMessage read = receive(receiver, 1).get(0);
      equal(read.getBody().toString(), "{\"order\":1}", "body");
      equal(List.of(read.getMessageId(), read.getCorrelationId(), read.getContentType(), read.getSubject(), read.getTo(),
              read.getReplyTo(), read.getPartitionKey()),
          List.of("order-1", "correlation-1", "application/json", "paid", "printing", "answers", "p"), "properties");
      equal(read.getTimeToLive(), Duration.ofMinutes(5), "time to live");
      var properties = read.getApplicationProperties();
      equal(List.of(properties.get("amount"), properties.get("big"), properties.get("price"), properties.get("rush"),
          properties.get("city")), List.of(12, 1L << 40, 1.5, true, "Köln"), "application properties");
      equal(read.getDeliveryCount(), 0L, "delivery count");
      check(read.getSequenceNumber() > 0 && read.getLockedUntil().isAfter(OffsetDateTime.now()), "number and lock are set");
      receiver.complete(read);
      check(receiver.peekMessage() == null, "nothing is left");
    }
  }

  private static void sendBatches() {
    try (var sender = sender(QUEUE); var receiver = receiver()) {
      List<String> expected = new ArrayList<>();
      List<ServiceBusMessage> list = new ArrayList<>();
      for (int n = 0; n < 5; n++) {
        list.add(new ServiceBusMessage("list " + n));
        expected.add("list " + n);
      }
      sender.sendMessages(list);
      ServiceBusMessageBatch batch = sender.createMessageBatch();
      for (int n = 0; n < 5; n++) {
        check(batch.tryAddMessage(new ServiceBusMessage("batch " + n)), "the batch takes the message");
        expected.add("batch " + n);
      }
      sender.sendMessages(batch);
      List<ServiceBusReceivedMessage> received = receive(receiver, 10);
      equal(bodies(received), expected, "bodies");
      received.forEach(receiver::complete);
    }
  }

  private static void receiveAndDelete() {
    try (var sender = sender(QUEUE);
        var receiver = builder(Story.SERVICE_BUS).receiver().queueName(QUEUE)
            .receiveMode(ServiceBusReceiveMode.RECEIVE_AND_DELETE).buildClient()) {
      sender.sendMessages(List.of(new ServiceBusMessage("gone 1"), new ServiceBusMessage("gone 2")));
      equal(bodies(receive(receiver, 2)), List.of("gone 1", "gone 2"), "bodies");
      check(receiver.peekMessage() == null, "nothing is left");
    }
  }

  private static void settle() {
    try (var sender = sender(QUEUE); var receiver = receiver();
        var deadLetters = builder(Story.SERVICE_BUS).receiver().queueName(QUEUE).subQueue(SubQueue.DEAD_LETTER_QUEUE)
            .disableAutoComplete().buildClient()) {
      sender.sendMessage(new ServiceBusMessage("bad"));
      receiver.abandon(receive(receiver, 1).get(0));
      ServiceBusReceivedMessage second = receive(receiver, 1).get(0);
      equal(second.getDeliveryCount(), 1L, "delivery count");
      receiver.deadLetter(second,
          new DeadLetterOptions().setDeadLetterReason("unreadable").setDeadLetterErrorDescription("it makes no sense"));
      ServiceBusReceivedMessage dead = receive(deadLetters, 1).get(0);
      equal(dead.getDeadLetterReason() + ": " + dead.getDeadLetterErrorDescription(), "unreadable: it makes no sense", "why");
      deadLetters.complete(dead);
      sender.sendMessage(new ServiceBusMessage("poison"));
      for (int attempt = 0; attempt < 3; attempt++) {
        receiver.abandon(receive(receiver, 1).get(0));
      }
      dead = receive(deadLetters, 1).get(0);
      equal(dead.getDeadLetterReason(), "MaxDeliveryCountExceeded", "reason after the third failure");
      deadLetters.complete(dead);
    }
  }

  private static void defer() throws Exception {
    try (var sender = sender(QUEUE); var receiver = receiver()) {
      sender.sendMessage(new ServiceBusMessage("later"));
      ServiceBusReceivedMessage message = receive(receiver, 1).get(0);
      receiver.defer(message);
      nothingComes(receiver, "a deferred message does not come by itself");
      ServiceBusReceivedMessage fetched = receiver.receiveDeferredMessage(message.getSequenceNumber());
      equal(fetched.getBody().toString(), "later", "fetched");
      receiver.complete(fetched);
      refused(ServiceBusException.class, () -> receiver.receiveDeferredMessage(message.getSequenceNumber()), "fetched twice");
    }
  }

  private static void schedule() {
    try (var sender = sender(QUEUE); var receiver = receiver()) {
      // The client schedules when its answer is iterated, and again with each iteration.
      List<Long> numbers = new ArrayList<>();
      sender.scheduleMessages(List.of(new ServiceBusMessage("never 1"), new ServiceBusMessage("never 2")),
          OffsetDateTime.now().plusHours(1)).forEach(numbers::add);
      equal(receiver.peekMessages(5).stream().count(), 2L, "scheduled messages that can be peeked");
      sender.cancelScheduledMessages(numbers);
      equal(receiver.peekMessages(5, 1).stream().count(), 0L, "messages after the cancellation");
      sender.scheduleMessage(new ServiceBusMessage("soon"), OffsetDateTime.now().plusSeconds(1));
      ServiceBusReceivedMessage message = receive(receiver, 1).get(0);
      equal(message.getBody().toString(), "soon", "body");
      receiver.complete(message);
    }
  }

  private static void renewLock() throws Exception {
    try (var sender = sender(QUEUE); var receiver = receiver()) {
      sender.sendMessage(new ServiceBusMessage("slow"));
      ServiceBusReceivedMessage message = receive(receiver, 1).get(0);
      OffsetDateTime before = message.getLockedUntil();
      check(!receiver.renewMessageLock(message).isBefore(before), "the lock lasts longer");
      receiver.complete(message);
      refused(Exception.class, () -> receiver.renewMessageLock(message), "a lock that is gone");
    }
  }

  private static void peek() {
    try (var sender = sender(QUEUE); var receiver = receiver()) {
      for (int n = 0; n < 3; n++) {
        sender.sendMessage(new ServiceBusMessage("peek " + n));
      }
      equal(bodies(receiver.peekMessages(2).stream().toList()), List.of("peek 0", "peek 1"), "peeked");
      equal(bodies(receiver.peekMessages(2).stream().toList()), List.of("peek 2"), "peeked on");
      receive(receiver, 3).forEach(receiver::complete);
    }
  }

  private static void processor() throws Exception {
    Queue<String> handled = new ConcurrentLinkedQueue<>();
    Queue<Throwable> errors = new ConcurrentLinkedQueue<>();
    CountDownLatch all = new CountDownLatch(20);
    ServiceBusProcessorClient processor = builder(Story.SERVICE_BUS).processor().queueName(QUEUE).maxConcurrentCalls(4)
        .processMessage(context -> {
          handled.add(context.getMessage().getBody().toString());
          all.countDown();
        })
        .processError(context -> errors.add(context.getException()))
        .buildProcessorClient();
    processor.start();
    try (var sender = sender(QUEUE)) {
      for (int n = 0; n < 20; n++) {
        sender.sendMessage(new ServiceBusMessage("processed " + n));
      }
      check(all.await(30, TimeUnit.SECONDS), "only " + handled.size() + " of 20 messages were handled; " + errors);
    } finally {
      processor.close();
    }
    equal(handled.stream().distinct().count(), 20L, "each message once");
    equal(List.copyOf(errors), List.of(), "errors");
  }

  private static void sessions() throws Exception {
    try (var sender = sender(SESSIONS);
        ServiceBusSessionReceiverClient acceptor = builder(Story.SERVICE_BUS).sessionReceiver().queueName(SESSIONS)
            .disableAutoComplete().buildClient();
        ServiceBusSessionReceiverClient other = builder(Story.SERVICE_BUS).sessionReceiver().queueName(SESSIONS)
            .disableAutoComplete().buildClient()) {
      for (String session : List.of("a", "b")) {
        for (int n = 0; n < 2; n++) {
          sender.sendMessage(new ServiceBusMessage(session + n).setSessionId(session));
        }
      }
      try (ServiceBusReceiverClient session = acceptor.acceptSession("a")) {
        equal(session.getSessionId(), "a", "session id");
        check(session.renewSessionLock().isAfter(OffsetDateTime.now()), "the session's lock lasts longer");
        check(session.getSessionState() == null || session.getSessionState().length == 0, "no state yet");
        session.setSessionState("{\"step\":2}".getBytes());
        equal(new String(session.getSessionState()), "{\"step\":2}", "state");
        refused(Exception.class, () -> other.acceptSession("a"), "a session that another receiver holds");
        List<ServiceBusReceivedMessage> received = receive(session, 2);
        equal(bodies(received), List.of("a0", "a1"), "order within the session");
        received.forEach(session::complete);
      }
      try (ServiceBusReceiverClient next = acceptor.acceptNextSession()) {
        equal(next.getSessionId(), "b", "the next session with messages");
        receive(next, 2).forEach(next::complete);
      }
      try (ServiceBusReceiverClient again = acceptor.acceptSession("a")) {
        equal(new String(again.getSessionState()), "{\"step\":2}", "the state outlives the receiver");
        again.setSessionState(null);
        check(again.getSessionState() == null || again.getSessionState().length == 0, "the state is gone");
      }
    }
  }

  private static void transactions() {
    try (var sender = sender(QUEUE); var receiver = receiver()) {
      ServiceBusTransactionContext rolledBack = sender.createTransaction();
      sender.sendMessage(new ServiceBusMessage("never sent"), rolledBack);
      sender.rollbackTransaction(rolledBack);
      nothingComes(receiver, "what was rolled back");
      ServiceBusTransactionContext committed = sender.createTransaction();
      sender.sendMessage(new ServiceBusMessage("sent"), committed);
      sender.commitTransaction(committed);
      ServiceBusReceivedMessage message = receive(receiver, 1).get(0);
      equal(message.getBody().toString(), "sent", "what was committed");
      ServiceBusTransactionContext done = receiver.createTransaction();
      receiver.complete(message, new CompleteOptions().setTransactionContext(done));
      receiver.commitTransaction(done);
      check(receiver.peekMessage() == null, "nothing is left");
    }
  }

  /** WebSockets are on the port of the management; the client goes to 443 unless it is told. */
  private static void webSocket() {
    var port = Story.ADMINISTRATION.replaceFirst(".*localhost:([0-9]+).*", "$1");
    var client = builder(Story.ADMINISTRATION)
        .transportType(AmqpTransportType.AMQP_WEB_SOCKETS)
        .customEndpointAddress("https://localhost:" + port);
    try (var sender = client.sender().queueName(QUEUE).buildClient();
        var receiver = client.receiver().queueName(QUEUE).disableAutoComplete().buildClient()) {
      sender.sendMessage(new ServiceBusMessage("over a web socket"));
      var received = receive(receiver, 1);
      equal(bodies(received), List.of("over a web socket"), "body");
      receiver.complete(received.get(0));
    }
  }

  private static void topic() {
    try (var sender = builder(Story.SERVICE_BUS).sender().topicName(TOPIC).buildClient();
        var printing = subscription(SUBSCRIPTION); var audit = subscription("audit")) {
      ServiceBusMessage paid = new ServiceBusMessage("paid");
      paid.getApplicationProperties().put("type", "OrderPaid");
      paid.getApplicationProperties().put("amount", 10);
      ServiceBusMessage cancelled = new ServiceBusMessage("cancelled");
      cancelled.getApplicationProperties().put("type", "OrderCancelled");
      sender.sendMessages(List.of(paid, cancelled));
      ServiceBusReceivedMessage message = receive(printing, 1).get(0);
      equal(message.getBody().toString(), "paid", "what the filter lets through");
      equal(message.getApplicationProperties().get("priority"), "high", "what the action set");
      printing.complete(message);
      nothingComes(printing, "what the filter holds back");
      List<ServiceBusReceivedMessage> all = receive(audit, 2);
      equal(bodies(all), List.of("paid", "cancelled"), "everything");
      all.forEach(audit::complete);
    }
  }

  private static ServiceBusReceiverClient subscription(String name) {
    return builder(Story.SERVICE_BUS).receiver().topicName(TOPIC).subscriptionName(name).disableAutoComplete().buildClient();
  }

  private static void refusals() throws Exception {
    String wrong = Story.SERVICE_BUS.replace("SAS_KEY_VALUE", "wrong");
    try (var sender = builder(wrong).sender().queueName(QUEUE).buildClient()) {
      ServiceBusException error =
          refused(ServiceBusException.class, () -> sender.sendMessage(new ServiceBusMessage("x")), "a wrong key");
      equal(error.getReason(), ServiceBusFailureReason.UNAUTHORIZED, "reason");
    }
    try (var sender = sender("not-there")) {
      ServiceBusException error =
          refused(ServiceBusException.class, () -> sender.sendMessage(new ServiceBusMessage("x")), "an unknown queue");
      equal(error.getReason(), ServiceBusFailureReason.MESSAGING_ENTITY_NOT_FOUND, "reason");
    }
  }

  private ServiceBusSteps() {}
}
