"""Topics: copies by rules, the rule manager, and filters over .NET's types."""

from typing import Any

from runtime import each, using, wait

from Azure.Messaging.ServiceBus import ServiceBusFailureReason, ServiceBusReceiveMode, ServiceBusReceiverOptions
from Azure.Messaging.ServiceBus.Administration import (
    CorrelationRuleFilter,
    CreateRuleOptions,
    FalseRuleFilter,
    SqlRuleAction,
    SqlRuleFilter,
    TrueRuleFilter,
)
from System import Byte, DateTime, DateTimeKind, Decimal, Double, Guid, Int32, Int64

from clients import bodies, client, message, receive, refused, send
from story import SUBSCRIPTION, TOPIC, equal, step


def with_properties(body: str, **properties: Any):
    made = message(body)
    for key, value in properties.items():
        made.ApplicationProperties[key] = value
    return made


def take_all(bus, subscription: str) -> list[Any]:
    """What the subscription holds, until nothing more comes."""
    options = ServiceBusReceiverOptions()
    options.ReceiveMode = ServiceBusReceiveMode.ReceiveAndDelete
    taken: list[Any] = []
    with using(bus.CreateReceiver(TOPIC, subscription, options)) as receiver:
        while wait(receiver.PeekMessageAsync(Int64(0))):
            taken += receive(receiver, 1)
    return taken


@step("a topic copies to its subscriptions by their rules")
def topic() -> None:
    with client() as bus, using(bus.CreateSender(TOPIC)) as sender:
        send(
            sender,
            with_properties("paid", type="OrderPaid", amount=Int32(10), at=DateTime.UtcNow),
            with_properties("cancelled", type="OrderCancelled"),
        )
        received = take_all(bus, SUBSCRIPTION)
        equal(bodies(received), ["paid"], "what the filter lets through")
        equal(received[0].ApplicationProperties["priority"], "high", "what the action set")
        equal(sorted(bodies(take_all(bus, "audit"))), ["cancelled", "paid"], "everything")


@step("the rule manager makes, lists and deletes rules")
def rule_manager() -> None:
    with client() as bus, using(bus.CreateRuleManager(TOPIC, "audit")) as rules:
        equal([rule.Name for rule in each(rules.GetRulesAsync())], ["all"], "the rule it starts with")
        wait(rules.DeleteRuleAsync("all"))
        with_action = CreateRuleOptions("sql", SqlRuleFilter("amount > 5"))
        with_action.Action = SqlRuleAction("SET seen = 1")
        correlation = CorrelationRuleFilter("c")
        correlation.MessageId = "m"
        correlation.ApplicationProperties["number"] = Int64(2**60)
        correlation.ApplicationProperties["flag"] = True
        correlation.ApplicationProperties["at"] = DateTime(2026, 2, 3, 4, 5, 6, 0, DateTimeKind.Utc)
        correlation.ApplicationProperties["price"] = Double(2.0)
        correlation.ApplicationProperties["id"] = Guid.Empty
        wait(rules.CreateRuleAsync(with_action))
        wait(rules.CreateRuleAsync("by-correlation", correlation))
        wait(rules.CreateRuleAsync("never", FalseRuleFilter()))
        refused(
            ServiceBusFailureReason.MessagingEntityAlreadyExists,
            lambda: wait(rules.CreateRuleAsync("never", TrueRuleFilter())),
            "the same name again",
        )
        listed = {rule.Name: rule for rule in each(rules.GetRulesAsync())}
        equal(sorted(listed), ["by-correlation", "never", "sql"], "rules")
        equal(listed["sql"].Action, SqlRuleAction("SET seen = 1"), "action")
        equal(listed["sql"].Filter, SqlRuleFilter("amount > 5"), "expression")
        equal(listed["by-correlation"].Filter, correlation, "correlation filter")
        equal(listed["never"].Filter.SqlExpression, "1=0", "false filter")
        for name in listed:
            wait(rules.DeleteRuleAsync(name))
        refused(
            ServiceBusFailureReason.MessagingEntityNotFound, lambda: wait(rules.DeleteRuleAsync("sql")), "deleted twice"
        )


# Name: expression, properties that it selects, and others that it does not.
FILTERS = {
    "decimal": ("price * 2 = 25", {"price": Decimal.Parse("12.50")}, {"price": Decimal.Parse("12.51")}),
    "double": ("price < 0.5", {"price": Double(0.25)}, {"price": Double(0.5)}),
    "long": ("number = 9007199254740993", {"number": Int64(9007199254740993)}, {"number": Int64(9007199254740992)}),
    "byte": ("small > 200", {"small": Byte(201)}, {"small": Byte(200)}),
    "flag": ("flag = TRUE", {"flag": True}, {"flag": False}),
    "missing": ("absent IS NULL", {}, {"absent": "here"}),
    "text": ("name LIKE 'K_ln%'", {"name": "Köln-Deutz"}, {"name": "Bonn"}),
}


@step("SQL filters over .NET's types")
def sql_over_types() -> None:
    with client() as bus, using(bus.CreateSender(TOPIC)) as sender, using(
        bus.CreateRuleManager(TOPIC, "audit")
    ) as rules:
        for name, (expression, yes, no) in FILTERS.items():
            wait(rules.CreateRuleAsync(name, SqlRuleFilter(expression)))
            send(sender, with_properties("yes", **yes), with_properties("no", **no))
            equal(bodies(take_all(bus, "audit")), ["yes"], f"{name}: {expression}")
            wait(rules.DeleteRuleAsync(name))
