"""ServiceBusAdministrationClient: the entities that the other steps use are made and taken away here."""

from datetime import timedelta

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.servicebus.management import (
    AuthorizationRule,
    CorrelationRuleFilter,
    ServiceBusAdministrationClient,
    SqlRuleAction,
    SqlRuleFilter,
    TrueRuleFilter,
)

from azure.servicebus import ServiceBusClient, ServiceBusMessage

from story import (
    ADMINISTRATION,
    CERTIFICATE_FILE,
    QUEUE,
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
    return ServiceBusAdministrationClient.from_connection_string(
        connection, connection_verify=CERTIFICATE_FILE, retry_total=0
    )


def create() -> None:
    with administration() as admin:
        created = admin.create_queue(
            QUEUE,
            max_delivery_count=3,
            lock_duration=timedelta(seconds=30),
            user_metadata="made by Python <&>",
            max_message_size_in_kilobytes=1024,
            authorization_rules=[
                AuthorizationRule(
                    type="SharedAccessAuthorizationRule",
                    claim_type="SharedAccessKey",
                    claim_value="None",
                    key_name="sender",
                    rights=["Send"],
                    primary_key="c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I=",
                    secondary_key="c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3M=",
                )
            ],
        )
        equal((created.name, created.max_delivery_count), (QUEUE, 3), "the queue as it was made")
        equal(created.lock_duration, timedelta(seconds=30), "lock duration")
        equal(created.user_metadata, "made by Python <&>", "metadata")
        equal(created.authorization_rules[0].key_name, "sender", "authorization rule")
        admin.create_queue(SESSIONS, requires_session=True)
        admin.create_topic(TOPIC)
        admin.create_subscription(TOPIC, SUBSCRIPTION)
        admin.create_subscription(TOPIC, "audit")
        raises(ResourceExistsError, lambda: admin.create_queue(QUEUE), "the same name again")
        raises(ResourceNotFoundError, lambda: admin.get_queue(name("missing")), "a queue that is not there")
        raises(ResourceNotFoundError, lambda: admin.delete_queue(name("missing")), "deleting what is not there")


step("create queues, a topic and subscriptions")(create)


@step("read and update a queue")
def update() -> None:
    with administration() as admin:
        queue = admin.get_queue(QUEUE)
        queue.lock_duration = timedelta(minutes=1)
        queue.dead_lettering_on_message_expiration = True
        admin.update_queue(queue)
        updated = admin.get_queue(QUEUE)
        equal(updated.lock_duration, timedelta(minutes=1), "lock duration")
        equal(updated.dead_lettering_on_message_expiration, True, "dead-lettering on expiration")
        equal(updated.max_delivery_count, 3, "what was not changed")
        forwarding = name("forwarding")
        admin.create_queue(forwarding, forward_to=QUEUE, forward_dead_lettered_messages_to=QUEUE)
        true(admin.get_queue(forwarding).forward_to.endswith(f"/{QUEUE}"), "forwarding")
        admin.delete_queue(forwarding)
        topic = admin.get_topic(TOPIC)
        topic.default_message_time_to_live = timedelta(days=1)
        admin.update_topic(topic)
        equal(admin.get_topic(TOPIC).default_message_time_to_live, timedelta(days=1), "the topic's time to live")
        subscription = admin.get_subscription(TOPIC, SUBSCRIPTION)
        subscription.max_delivery_count = 7
        admin.update_subscription(TOPIC, subscription)
        equal(admin.get_subscription(TOPIC, SUBSCRIPTION).max_delivery_count, 7, "the subscription's count")


@step("rules: create, list, update, delete, with parameters and actions")
def rules() -> None:
    with administration() as admin:
        equal([rule.name for rule in admin.list_rules(TOPIC, SUBSCRIPTION)], ["$Default"], "the rule it starts with")
        true(isinstance(admin.get_rule(TOPIC, SUBSCRIPTION, "$Default").filter, TrueRuleFilter), "the true filter")
        admin.delete_rule(TOPIC, SUBSCRIPTION, "$Default")
        admin.create_rule(
            TOPIC,
            SUBSCRIPTION,
            "paid",
            filter=SqlRuleFilter("type = @type AND amount > @least", parameters={"@type": "OrderPaid", "@least": 5}),
            action=SqlRuleAction("SET priority = 'high'"),
        )
        paid = admin.get_rule(TOPIC, SUBSCRIPTION, "paid")
        equal(paid.filter.sql_expression, "type = @type AND amount > @least", "expression")
        equal(dict(paid.filter.parameters), {"@type": "OrderPaid", "@least": 5}, "parameters")
        equal(paid.action.sql_expression, "SET priority = 'high'", "action")
        admin.create_rule(
            TOPIC,
            SUBSCRIPTION,
            "by-correlation",
            filter=CorrelationRuleFilter(correlation_id="c", label="l", properties={"flag": True, "n": 4}),
        )
        correlation = admin.get_rule(TOPIC, SUBSCRIPTION, "by-correlation")
        equal(correlation.filter.correlation_id, "c", "correlation id")
        equal(dict(correlation.filter.properties), {"flag": True, "n": 4}, "properties")
        correlation.filter = CorrelationRuleFilter(correlation_id="d")
        admin.update_rule(TOPIC, SUBSCRIPTION, correlation)
        equal(admin.get_rule(TOPIC, SUBSCRIPTION, "by-correlation").filter.correlation_id, "d", "updated filter")
        admin.delete_rule(TOPIC, SUBSCRIPTION, "by-correlation")
        raises(
            HttpResponseError,
            lambda: admin.create_rule(TOPIC, SUBSCRIPTION, "broken", filter=SqlRuleFilter("type = = 1")),
            "a filter that does not parse",
        )
        equal([rule.name for rule in admin.list_rules(TOPIC, SUBSCRIPTION)], ["paid"], "rules left")


@step("list entities, in pages too, and read the namespace")
def lists() -> None:
    with administration() as admin:
        true(QUEUE in [queue.name for queue in admin.list_queues()], "the queue is listed")
        true(TOPIC in [topic.name for topic in admin.list_topics(max_page_size=1)], "the topic is listed")
        subscriptions = [subscription.name for subscription in admin.list_subscriptions(TOPIC, max_page_size=1)]
        equal(sorted(subscriptions), ["audit", SUBSCRIPTION], "subscriptions in pages of one")
        properties = admin.get_namespace_properties()
        true(properties.name, "the namespace has a name")
        true(properties.messaging_sku in ("Basic", "Standard", "Premium"), "and a tier")


@step("a wrong key is refused by the management interface")
def wrong_key() -> None:
    with administration(ADMINISTRATION.replace("SAS_KEY_VALUE", "wrong")) as admin:
        error = raises(HttpResponseError, lambda: admin.get_queue(QUEUE), "a wrong key")
        equal(error.status_code, 401, "status")  # type: ignore[attr-defined]


def counts() -> None:
    with ServiceBusClient.from_connection_string(SERVICE_BUS) as bus, bus.get_queue_sender(QUEUE) as sender:
        sender.send_messages([ServiceBusMessage("1"), ServiceBusMessage("2")])
    with administration() as admin:
        runtime = admin.get_queue_runtime_properties(QUEUE)
        equal((runtime.active_message_count, runtime.total_message_count), (2, 2), "counts")
        equal((runtime.dead_letter_message_count, runtime.scheduled_message_count), (0, 0), "counts of sub-queues")
        true(runtime.size_in_bytes > 0, "size")
        true(runtime.created_at_utc <= runtime.updated_at_utc, "times")
        subscription = admin.get_subscription_runtime_properties(TOPIC, "audit")
        equal(subscription.active_message_count, 0, "counts of a subscription")
        equal(admin.get_topic_runtime_properties(TOPIC).subscription_count, 2, "subscriptions of the topic")


def delete() -> None:
    with administration() as admin:
        admin.delete_subscription(TOPIC, "audit")
        equal([item.name for item in admin.list_subscriptions(TOPIC)], [SUBSCRIPTION], "subscriptions left")
        for queue in (QUEUE, SESSIONS):
            admin.delete_queue(queue)
        admin.delete_topic(TOPIC)
        raises(ResourceNotFoundError, lambda: admin.get_topic(TOPIC), "the topic is gone")
