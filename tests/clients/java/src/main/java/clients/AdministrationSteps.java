package clients;

import static clients.Story.QUEUE;
import static clients.Story.SESSIONS;
import static clients.Story.SUBSCRIPTION;
import static clients.Story.TOPIC;
import static clients.Story.check;
import static clients.Story.equal;
import static clients.Story.refused;

import com.azure.core.exception.ClientAuthenticationException;
import com.azure.core.exception.HttpResponseException;
import com.azure.core.exception.ResourceExistsException;
import com.azure.core.exception.ResourceNotFoundException;
import com.azure.core.http.policy.FixedDelayOptions;
import com.azure.core.http.policy.HttpPipelinePolicy;
import com.azure.core.http.policy.RetryOptions;
import com.azure.messaging.servicebus.ServiceBusMessage;
import com.azure.messaging.servicebus.ServiceBusSenderClient;
import com.azure.messaging.servicebus.administration.ServiceBusAdministrationClient;
import com.azure.messaging.servicebus.administration.ServiceBusAdministrationClientBuilder;
import com.azure.messaging.servicebus.administration.models.AccessRights;
import com.azure.messaging.servicebus.administration.models.CorrelationRuleFilter;
import com.azure.messaging.servicebus.administration.models.CreateQueueOptions;
import com.azure.messaging.servicebus.administration.models.CreateRuleOptions;
import com.azure.messaging.servicebus.administration.models.QueueProperties;
import com.azure.messaging.servicebus.administration.models.RuleProperties;
import com.azure.messaging.servicebus.administration.models.SharedAccessAuthorizationRule;
import com.azure.messaging.servicebus.administration.models.SqlRuleAction;
import com.azure.messaging.servicebus.administration.models.SqlRuleFilter;
import com.azure.messaging.servicebus.administration.models.SubscriptionProperties;
import com.azure.messaging.servicebus.administration.models.TopicProperties;
import com.azure.messaging.servicebus.administration.models.TrueRuleFilter;
import java.net.MalformedURLException;
import java.net.URL;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The administration client: the entities that the other steps use are made and taken away here. */
final class AdministrationSteps {
  static void addFirst(Story story) {
    story.step("create queues, a topic and subscriptions", AdministrationSteps::create);
    story.step("read and update a queue, a topic and a subscription", AdministrationSteps::update);
    story.step("rules: create, read, update, delete, with parameters and actions", AdministrationSteps::rules);
    story.step("list entities, and read the namespace", AdministrationSteps::lists);
    story.step("a wrong key is refused by the management interface", AdministrationSteps::wrongKey);
  }

  static void addLast(Story story) {
    story.step("counts of messages", AdministrationSteps::counts);
    story.step("delete what was made", AdministrationSteps::delete);
  }

  private static ServiceBusAdministrationClient client(String connection) {
    return new ServiceBusAdministrationClientBuilder()
        .connectionString(connection)
        .retryOptions(new RetryOptions(new FixedDelayOptions(0, Duration.ofSeconds(1))))
        .addPolicy(toPort(portOf(connection)))
        .buildClient();
  }

  /** The client leaves out the port of the connection string's endpoint and goes to 443: this policy puts it back. */
  private static HttpPipelinePolicy toPort(int port) {
    return (context, next) -> {
      context.getHttpRequest().setUrl(withPort(context.getHttpRequest().getUrl(), port));
      return next.process();
    };
  }

  private static URL withPort(URL url, int port) {
    try {
      return new URL(url.getProtocol(), url.getHost(), port, url.getFile());
    } catch (MalformedURLException error) {
      throw new IllegalStateException(error);
    }
  }

  private static int portOf(String connection) {
    Matcher matcher = Pattern.compile("Endpoint=sb://[^:;]+:(\\d+)").matcher(connection);
    check(matcher.find(), "the connection string names a port");
    return Integer.parseInt(matcher.group(1));
  }

  private static ServiceBusAdministrationClient client() {
    return client(Story.ADMINISTRATION);
  }

  private static void create() throws Exception {
    ServiceBusAdministrationClient admin = client();
    CreateQueueOptions options = new CreateQueueOptions()
        .setMaxDeliveryCount(3)
        .setLockDuration(Duration.ofSeconds(30))
        .setUserMetadata("made by Java <&>");
    options.getAuthorizationRules().add(new SharedAccessAuthorizationRule("sender",
        "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3M=",
        List.of(AccessRights.SEND)));
    QueueProperties created = admin.createQueue(QUEUE, options);
    equal(created.getName(), QUEUE, "name");
    equal(created.getMaxDeliveryCount(), 3, "max delivery count");
    equal(created.getLockDuration(), Duration.ofSeconds(30), "lock duration");
    equal(created.getUserMetadata(), "made by Java <&>", "metadata");
    equal(created.getAuthorizationRules().get(0).getKeyName(), "sender", "authorization rule");
    admin.createQueue(SESSIONS, new CreateQueueOptions().setSessionRequired(true));
    admin.createTopic(TOPIC);
    admin.createSubscription(TOPIC, SUBSCRIPTION);
    admin.createSubscription(TOPIC, "audit");
    refused(ResourceExistsException.class, () -> admin.createQueue(QUEUE), "the same name again");
    refused(ResourceNotFoundException.class, () -> admin.getQueue("missing-" + Story.RUN), "a queue that is not there");
    refused(ResourceNotFoundException.class, () -> admin.deleteQueue("missing-" + Story.RUN), "deleting what is not there");
    check(admin.getQueueExists(QUEUE) && !admin.getTopicExists("missing-" + Story.RUN), "what exists");
    check(!admin.getSubscriptionExists(TOPIC, "missing"), "a subscription that is not there");
  }

  private static void update() {
    ServiceBusAdministrationClient admin = client();
    QueueProperties queue = admin.getQueue(QUEUE);
    queue.setLockDuration(Duration.ofMinutes(1)).setDeadLetteringOnMessageExpiration(true);
    admin.updateQueue(queue);
    QueueProperties updated = admin.getQueue(QUEUE);
    equal(updated.getLockDuration(), Duration.ofMinutes(1), "lock duration");
    equal(updated.isDeadLetteringOnMessageExpiration(), true, "dead-lettering on expiration");
    equal(updated.getMaxDeliveryCount(), 3, "what was not changed");
    String forwarding = "java-forwarding-" + Story.RUN;
    admin.createQueue(forwarding, new CreateQueueOptions().setForwardTo(QUEUE).setForwardDeadLetteredMessagesTo(QUEUE));
    check(admin.getQueue(forwarding).getForwardTo().endsWith("/" + QUEUE), "forwarding");
    admin.deleteQueue(forwarding);
    TopicProperties topic = admin.getTopic(TOPIC);
    topic.setDefaultMessageTimeToLive(Duration.ofDays(1));
    admin.updateTopic(topic);
    equal(admin.getTopic(TOPIC).getDefaultMessageTimeToLive(), Duration.ofDays(1), "the topic's time to live");
    SubscriptionProperties subscription = admin.getSubscription(TOPIC, SUBSCRIPTION);
    subscription.setMaxDeliveryCount(7);
    admin.updateSubscription(subscription);
    equal(admin.getSubscription(TOPIC, SUBSCRIPTION).getMaxDeliveryCount(), 7, "the subscription's count");
  }

  private static void rules() throws Exception {
    ServiceBusAdministrationClient admin = client();
    check(admin.getRule(TOPIC, SUBSCRIPTION, "$Default").getFilter() instanceof TrueRuleFilter, "the rule it starts with");
    admin.deleteRule(TOPIC, SUBSCRIPTION, "$Default");
    // The client sends every parameter as a string, so a number stands in the expression.
    SqlRuleFilter filter = new SqlRuleFilter("type = @type AND amount > 5");
    filter.getParameters().put("@type", "OrderPaid");
    admin.createRule(TOPIC, "paid", SUBSCRIPTION,
        new CreateRuleOptions(filter).setAction(new SqlRuleAction("SET priority = 'high'")));
    RuleProperties paid = admin.getRule(TOPIC, SUBSCRIPTION, "paid");
    SqlRuleFilter read = (SqlRuleFilter) paid.getFilter();
    equal(read.getSqlExpression(), "type = @type AND amount > 5", "expression");
    equal(read.getParameters().get("@type"), "OrderPaid", "parameter");
    equal(((SqlRuleAction) paid.getAction()).getSqlExpression(), "SET priority = 'high'", "action");
    CorrelationRuleFilter correlation = new CorrelationRuleFilter().setCorrelationId("c").setLabel("l");
    correlation.getProperties().put("text", "t");
    admin.createRule(TOPIC, "by-correlation", SUBSCRIPTION, new CreateRuleOptions(correlation));
    RuleProperties rule = admin.getRule(TOPIC, SUBSCRIPTION, "by-correlation");
    CorrelationRuleFilter readCorrelation = (CorrelationRuleFilter) rule.getFilter();
    equal(readCorrelation.getCorrelationId() + readCorrelation.getLabel(), "cl", "correlation");
    equal(readCorrelation.getProperties().get("text"), "t", "property");
    rule.setFilter(new CorrelationRuleFilter("d"));
    admin.updateRule(TOPIC, SUBSCRIPTION, rule);
    equal(((CorrelationRuleFilter) admin.getRule(TOPIC, SUBSCRIPTION, "by-correlation").getFilter()).getCorrelationId(),
        "d", "updated filter");
    admin.deleteRule(TOPIC, SUBSCRIPTION, "by-correlation");
    refused(HttpResponseException.class,
        () -> admin.createRule(TOPIC, "broken", SUBSCRIPTION, new CreateRuleOptions(new SqlRuleFilter("type = = 1"))),
        "a filter that does not parse");
    equal(admin.listRules(TOPIC, SUBSCRIPTION).stream().map(RuleProperties::getName).toList(), List.of("paid"), "rules left");
  }

  private static void lists() {
    ServiceBusAdministrationClient admin = client();
    check(admin.listQueues().stream().anyMatch(queue -> queue.getName().equals(QUEUE)), "the queue is listed");
    check(admin.listTopics().stream().anyMatch(topic -> topic.getName().equals(TOPIC)), "the topic is listed");
    equal(admin.listSubscriptions(TOPIC).stream().map(SubscriptionProperties::getSubscriptionName).sorted().toList(),
        List.of("audit", SUBSCRIPTION), "subscriptions");
    check(!admin.getNamespaceProperties().getName().isEmpty(), "the namespace has a name");
  }

  private static void wrongKey() throws Exception {
    ServiceBusAdministrationClient admin = client(Story.ADMINISTRATION.replace("SAS_KEY_VALUE", "wrong"));
    refused(ClientAuthenticationException.class, () -> admin.getQueue(QUEUE), "a wrong key");
  }

  private static void counts() {
    try (ServiceBusSenderClient sender = ServiceBusSteps.builder(Story.SERVICE_BUS).sender().queueName(QUEUE).buildClient()) {
      sender.sendMessages(List.of(new ServiceBusMessage("1"), new ServiceBusMessage("2")));
    }
    ServiceBusAdministrationClient admin = client();
    var runtime = admin.getQueueRuntimeProperties(QUEUE);
    equal(runtime.getActiveMessageCount(), 2, "active messages");
    equal(runtime.getTotalMessageCount(), 2L, "all messages");
    equal(runtime.getDeadLetterMessageCount() + runtime.getScheduledMessageCount(), 0, "messages in sub-queues");
    equal(admin.getTopicRuntimeProperties(TOPIC).getSubscriptionCount(), 2, "subscriptions of the topic");
  }

  private static void delete() throws Exception {
    ServiceBusAdministrationClient admin = client();
    admin.deleteSubscription(TOPIC, "audit");
    admin.deleteQueue(QUEUE);
    admin.deleteQueue(SESSIONS);
    admin.deleteTopic(TOPIC);
    refused(ResourceNotFoundException.class, () -> admin.getTopic(TOPIC), "the topic is gone");
  }

  private AdministrationSteps() {}
}
