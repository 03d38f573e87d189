"""ServiceBusAdministrationClient: the entities that the other steps use are made and taken away here."""

from runtime import each, list_of, seconds, types_of, using, wait

from Azure.Messaging.ServiceBus import ServiceBusClient, ServiceBusFailureReason, ServiceBusMessage
from Azure.Messaging.ServiceBus.Administration import (
    AccessRights,
    CorrelationRuleFilter,
    CreateQueueOptions,
    CreateRuleOptions,
    CreateSubscriptionOptions,
    CreateTopicOptions,
    EntityStatus,
    ServiceBusAdministrationClient,
    ServiceBusAdministrationClientOptions,
    SharedAccessAuthorizationRule,
    SqlRuleAction,
    SqlRuleFilter,
    TrueRuleFilter,
)
from System import ArgumentException, DateTime, Int32, Int64, TimeSpan, UnauthorizedAccessException

from clients import refused
from story import (
    ADMINISTRATION,
    QUEUE,
    SECOND,
    SERVICE_BUS,
    SESSIONS,
    SUBSCRIPTION,
    TOPIC,
    equal,
    name,
    raises,
    step,
    true,
)


def administration(connection: str = ADMINISTRATION) -> ServiceBusAdministrationClient:
    options = ServiceBusAdministrationClientOptions()
    options.Retry.MaxRetries = 0
    return ServiceBusAdministrationClient(connection, options)


@step("create queues, a topic and subscriptions")
def create() -> None:
    admin = administration()
    options = CreateQueueOptions(QUEUE)
    options.MaxDeliveryCount = 3
    options.LockDuration = seconds(30)
    options.UserMetadata = "made by .NET <&>"
    options.MaxMessageSizeInKilobytes = 1024
    key = SharedAccessAuthorizationRule("sender", list_of(AccessRights, [AccessRights.Send]))
    options.AuthorizationRules.Add(key)
    created = wait(admin.CreateQueueAsync(options)).Value
    equal((created.Name, created.MaxDeliveryCount), (QUEUE, 3), "the queue as it was made")
    equal(created.LockDuration, seconds(30), "lock duration")
    equal(created.UserMetadata, "made by .NET <&>", "metadata")
    equal(created.Status, EntityStatus.Active, "status")
    rule = next(iter(created.AuthorizationRules))
    equal((rule.KeyName, rule.PrimaryKey), ("sender", key.PrimaryKey), "authorization rule")

    wait(admin.CreateQueueAsync(SECOND))
    sessions = CreateQueueOptions(SESSIONS)
    sessions.RequiresSession = True
    wait(admin.CreateQueueAsync(sessions))
    wait(admin.CreateTopicAsync(CreateTopicOptions(TOPIC)))
    wait(admin.CreateSubscriptionAsync(TOPIC, SUBSCRIPTION))
    audit = CreateSubscriptionOptions(TOPIC, "audit")
    audit.DefaultMessageTimeToLive = TimeSpan.FromDays(2)
    wait(admin.CreateSubscriptionAsync(audit, CreateRuleOptions("all", TrueRuleFilter())))

    for entity in (QUEUE, TOPIC):
        refused(
            ServiceBusFailureReason.MessagingEntityAlreadyExists,
            lambda: wait(admin.CreateQueueAsync(entity)),  # pylint: disable=cell-var-from-loop
            f"a queue named {entity}",
        )
    missing = name("missing")
    not_found = ServiceBusFailureReason.MessagingEntityNotFound
    refused(not_found, lambda: wait(admin.GetQueueAsync(missing)), "a queue that is not there")
    refused(not_found, lambda: wait(admin.DeleteQueueAsync(missing)), "deleting what is not there")
    refused(not_found, lambda: wait(admin.GetTopicAsync(missing)), "a topic that is not there")
    refused(not_found, lambda: wait(admin.GetSubscriptionAsync(TOPIC, missing)), "a subscription that is not there")
    refused(not_found, lambda: wait(admin.GetRuleAsync(TOPIC, SUBSCRIPTION, missing)), "a rule that is not there")
    there = [
        wait(action).Value
        for action in (
            admin.QueueExistsAsync(QUEUE),
            admin.TopicExistsAsync(TOPIC),
            admin.SubscriptionExistsAsync(TOPIC, SUBSCRIPTION),
            admin.RuleExistsAsync(TOPIC, SUBSCRIPTION, "$Default"),
        )
    ]
    equal(there, [True] * 4, "what exists")
    equal(wait(admin.QueueExistsAsync(missing)).Value, False, "what does not exist")


@step("read and update a queue, a topic and a subscription")
def update() -> None:
    admin = administration()
    queue = wait(admin.GetQueueAsync(QUEUE)).Value
    queue.LockDuration = TimeSpan.FromMinutes(1.0)
    queue.DeadLetteringOnMessageExpiration = True
    updated = wait(admin.UpdateQueueAsync(queue)).Value
    equal(updated, wait(admin.GetQueueAsync(QUEUE)).Value, "what the update answers is what is there")
    equal(updated.LockDuration, TimeSpan.FromMinutes(1.0), "lock duration")
    equal((updated.DeadLetteringOnMessageExpiration, updated.MaxDeliveryCount), (True, 3), "what else the queue has")

    forwarding = CreateQueueOptions(name("forwarding"))
    forwarding.ForwardTo = QUEUE
    forwarding.ForwardDeadLetteredMessagesTo = QUEUE
    wait(admin.CreateQueueAsync(forwarding))
    read = wait(admin.GetQueueAsync(forwarding.Name)).Value
    true(read.ForwardTo.endswith(f"/{QUEUE}"), f"forwarding to {read.ForwardTo}")
    wait(admin.DeleteQueueAsync(forwarding.Name))

    topic = wait(admin.GetTopicAsync(TOPIC)).Value
    topic.DefaultMessageTimeToLive = TimeSpan.FromDays(1)
    equal(wait(admin.UpdateTopicAsync(topic)).Value.DefaultMessageTimeToLive, TimeSpan.FromDays(1), "time to live")
    subscription = wait(admin.GetSubscriptionAsync(TOPIC, SUBSCRIPTION)).Value
    subscription.MaxDeliveryCount = 7
    equal(wait(admin.UpdateSubscriptionAsync(subscription)).Value.MaxDeliveryCount, 7, "the subscription's count")


@step("rules: create, read, update, delete, with parameters and actions")
def rules() -> None:
    admin = administration()
    equal(
        [rule.Name for rule in each(admin.GetRulesAsync(TOPIC, SUBSCRIPTION))], ["$Default"], "the rule it starts with"
    )
    equal([rule.Name for rule in each(admin.GetRulesAsync(TOPIC, "audit"))], ["all"], "the rule it was made with")
    equal(wait(admin.GetRuleAsync(TOPIC, SUBSCRIPTION, "$Default")).Value.Filter, TrueRuleFilter(), "the true filter")
    wait(admin.DeleteRuleAsync(TOPIC, SUBSCRIPTION, "$Default"))

    paid = SqlRuleFilter("type = @type AND amount > @least AND at > @since AND @wait > 1")
    paid.Parameters["@type"] = "OrderPaid"
    paid.Parameters["@least"] = Int64(5)
    paid.Parameters["@since"] = DateTime.UtcNow
    paid.Parameters["@wait"] = Int32(2)
    action = SqlRuleAction("SET priority = @priority")
    action.Parameters["@priority"] = "high"
    options = CreateRuleOptions("paid", paid)
    options.Action = action
    created = wait(admin.CreateRuleAsync(TOPIC, SUBSCRIPTION, options)).Value
    read = wait(admin.GetRuleAsync(TOPIC, SUBSCRIPTION, "paid")).Value
    equal(read, created, "the rule as it was made")
    equal((read.Filter, read.Action), (paid, action), "expressions and parameters")
    equal(types_of(read.Filter.Parameters.Values), ["String", "Int64", "DateTime", "Int32"], "types of parameters")

    correlation = CorrelationRuleFilter("c")
    correlation.Subject = "l"
    correlation.ApplicationProperties["flag"] = True
    correlation.ApplicationProperties["n"] = Int32(4)
    correlation.ApplicationProperties["wait"] = seconds(90)
    wait(admin.CreateRuleAsync(TOPIC, SUBSCRIPTION, CreateRuleOptions("by-correlation", correlation)))
    rule = wait(admin.GetRuleAsync(TOPIC, SUBSCRIPTION, "by-correlation")).Value
    equal(rule.Filter, correlation, "correlation filter")
    rule.Filter = CorrelationRuleFilter("d")
    equal(
        wait(admin.UpdateRuleAsync(TOPIC, SUBSCRIPTION, rule)).Value.Filter,
        CorrelationRuleFilter("d"),
        "updated filter",
    )
    wait(admin.DeleteRuleAsync(TOPIC, SUBSCRIPTION, "by-correlation"))

    broken = CreateRuleOptions("broken", SqlRuleFilter("type = = 1"))
    raises(
        ArgumentException,
        lambda: wait(admin.CreateRuleAsync(TOPIC, SUBSCRIPTION, broken)),
        "a filter that does not parse",
    )
    equal([rule.Name for rule in each(admin.GetRulesAsync(TOPIC, SUBSCRIPTION))], ["paid"], "rules left")


@step("list entities, and read the namespace")
def lists() -> None:
    admin = administration()
    for n in range(3):
        wait(admin.CreateTopicAsync(name(f"listed-{n}")))
    true({QUEUE, SECOND, SESSIONS} <= {queue.Name for queue in each(admin.GetQueuesAsync())}, "the queues are listed")
    topics = [topic.Name for topic in each(admin.GetTopicsAsync())]
    true({TOPIC, *(name(f"listed-{n}") for n in range(3))} <= set(topics), "the topics are listed")
    equal(len(topics), len(set(topics)), "each once")
    subscriptions = [subscription.SubscriptionName for subscription in each(admin.GetSubscriptionsAsync(TOPIC))]
    equal(sorted(subscriptions), ["audit", SUBSCRIPTION], "subscriptions")
    for n in range(3):
        wait(admin.DeleteTopicAsync(name(f"listed-{n}")))
    properties = wait(admin.GetNamespacePropertiesAsync()).Value
    true(properties.Name, "the namespace has a name")


@step("the emulator's connection string, which makes the client speak plain HTTP")
def emulator() -> None:
    admin = administration(f"{ADMINISTRATION}UseDevelopmentEmulator=true;")
    equal(wait(admin.GetQueueAsync(QUEUE)).Value.Name, QUEUE, "the queue")


@step("a wrong key is refused by the management interface")
def wrong_key() -> None:
    admin = administration(ADMINISTRATION.replace("SAS_KEY_VALUE", "wrong"))
    error = raises(UnauthorizedAccessException, lambda: wait(admin.GetQueueAsync(QUEUE)), "a wrong key")
    equal(error.InnerException.Status, 401, "status")


def counts() -> None:
    with using(ServiceBusClient(SERVICE_BUS)) as bus, using(bus.CreateSender(QUEUE)) as sender:
        wait(sender.SendMessagesAsync(list_of(ServiceBusMessage, [ServiceBusMessage("1"), ServiceBusMessage("2")])))
    admin = administration()
    runtime = wait(admin.GetQueueRuntimePropertiesAsync(QUEUE)).Value
    equal((runtime.ActiveMessageCount, runtime.TotalMessageCount), (2, 2), "counts")
    equal((runtime.DeadLetterMessageCount, runtime.ScheduledMessageCount), (0, 0), "counts of sub-queues")
    true(runtime.SizeInBytes > 0, "size")
    true(runtime.CreatedAt <= runtime.UpdatedAt, "times")
    subscription = wait(admin.GetSubscriptionRuntimePropertiesAsync(TOPIC, "audit")).Value
    equal(subscription.ActiveMessageCount, 0, "counts of a subscription")
    equal(wait(admin.GetTopicRuntimePropertiesAsync(TOPIC)).Value.SubscriptionCount, 2, "subscriptions of the topic")
    listed = {queue.Name: queue for queue in each(admin.GetQueuesRuntimePropertiesAsync())}
    equal(listed[QUEUE].ActiveMessageCount, 2, "counts in the list")


def delete() -> None:
    admin = administration()
    wait(admin.DeleteSubscriptionAsync(TOPIC, "audit"))
    left = [subscription.SubscriptionName for subscription in each(admin.GetSubscriptionsAsync(TOPIC))]
    equal(left, [SUBSCRIPTION], "subscriptions left")
    for queue in (QUEUE, SECOND, SESSIONS):
        wait(admin.DeleteQueueAsync(queue))
    wait(admin.DeleteTopicAsync(TOPIC))
    refused(ServiceBusFailureReason.MessagingEntityNotFound, lambda: wait(admin.GetTopicAsync(TOPIC)), "the topic")
