package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
)

func createSteps() []step {
	return []step{
		{"create queues, a topic and subscriptions", create},
		{"read and update a queue, a topic and a subscription", update},
		{"rules: create, read, update, delete, with parameters and actions", rules},
		{"list entities, in pages too, and read the namespace", lists},
		{"a wrong key is refused by the management interface", wrongKey},
	}
}

func deleteSteps() []step {
	return []step{{"counts of messages", counts}, {"delete what was made", deleteAll}}
}

func (s *story) admin() *admin.Client { return s.adminFor(s.administration) }

func (s *story) adminFor(connection string) *admin.Client {
	return must(admin.NewClientFromConnectionString(connection, &admin.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: s.trustingClient(), Retry: policy.RetryOptions{MaxRetries: -1}},
	}))
}

func create(ctx context.Context, s *story) {
	client := s.admin()
	created := must(client.CreateQueue(ctx, s.queue, &admin.CreateQueueOptions{Properties: &admin.QueueProperties{
		MaxDeliveryCount: ptr(int32(3)), LockDuration: ptr("PT30S"), UserMetadata: ptr("made by Go <&>"),
		AuthorizationRules: []admin.AuthorizationRule{{
			KeyName: ptr("sender"), AccessRights: []admin.AccessRight{admin.AccessRightSend},
			PrimaryKey: ptr("c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="), SecondaryKey: ptr("c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3M="),
		}},
	}}))
	equal(*created.MaxDeliveryCount, 3, "max delivery count")
	equal(*created.LockDuration, "PT30S", "lock duration")
	equal(*created.UserMetadata, "made by Go <&>", "metadata")
	equal(*created.AuthorizationRules[0].KeyName, "sender", "authorization rule")
	must(client.CreateQueue(ctx, s.sessions, &admin.CreateQueueOptions{Properties: &admin.QueueProperties{RequiresSession: ptr(true)}}))
	must(client.CreateTopic(ctx, s.topic, nil))
	must(client.CreateSubscription(ctx, s.topic, s.subscription, nil))
	must(client.CreateSubscription(ctx, s.topic, "audit", nil))
	_, err := client.CreateQueue(ctx, s.queue, nil)
	expectStatus(err, http.StatusConflict)
	missing := must(client.GetQueue(ctx, "missing-"+s.run, nil))
	check(missing == nil, "a queue that is not there is nil")
	missingSubscription := must(client.GetSubscription(ctx, s.topic, "missing", nil))
	check(missingSubscription == nil, "a subscription that is not there is nil")
	_, err = client.DeleteQueue(ctx, "missing-"+s.run, nil)
	expectStatus(err, http.StatusNotFound)
}

func update(ctx context.Context, s *story) {
	client := s.admin()
	queue := must(client.GetQueue(ctx, s.queue, nil)).QueueProperties
	queue.LockDuration = ptr("PT1M")
	queue.DeadLetteringOnMessageExpiration = ptr(true)
	must(client.UpdateQueue(ctx, s.queue, queue, nil))
	updated := must(client.GetQueue(ctx, s.queue, nil))
	equal(*updated.LockDuration, "PT1M", "lock duration")
	equal(*updated.DeadLetteringOnMessageExpiration, true, "dead-lettering on expiration")
	equal(*updated.MaxDeliveryCount, 3, "what was not changed")
	forwarding := "go-forwarding-" + s.run
	must(client.CreateQueue(ctx, forwarding, &admin.CreateQueueOptions{Properties: &admin.QueueProperties{
		ForwardTo: ptr(s.queue), ForwardDeadLetteredMessagesTo: ptr(s.queue),
	}}))
	target := must(client.GetQueue(ctx, forwarding, nil)).ForwardTo
	check(strings.HasSuffix(*target, "/"+s.queue), "forwarding")
	must(client.DeleteQueue(ctx, forwarding, nil))
	topic := must(client.GetTopic(ctx, s.topic, nil)).TopicProperties
	topic.DefaultMessageTimeToLive = ptr("P1D")
	must(client.UpdateTopic(ctx, s.topic, topic, nil))
	equal(*must(client.GetTopic(ctx, s.topic, nil)).DefaultMessageTimeToLive, "P1D", "the topic's time to live")
	subscription := must(client.GetSubscription(ctx, s.topic, s.subscription, nil)).SubscriptionProperties
	subscription.MaxDeliveryCount = ptr(int32(7))
	must(client.UpdateSubscription(ctx, s.topic, s.subscription, subscription, nil))
	equal(*must(client.GetSubscription(ctx, s.topic, s.subscription, nil)).MaxDeliveryCount, 7, "the subscription's count")
}

func rules(ctx context.Context, s *story) {
	client := s.admin()
	first := must(client.GetRule(ctx, s.topic, s.subscription, "$Default", nil))
	_, isTrue := first.Filter.(*admin.TrueFilter)
	check(isTrue, "the rule it starts with is the true filter")
	must(client.DeleteRule(ctx, s.topic, s.subscription, "$Default", nil))
	must(client.CreateRule(ctx, s.topic, s.subscription, &admin.CreateRuleOptions{
		Name:   ptr("paid"),
		Filter: &admin.SQLFilter{Expression: "type = @type AND amount > @least", Parameters: map[string]any{"@type": "OrderPaid", "@least": 5}},
		Action: &admin.SQLAction{Expression: "SET priority = 'high'"},
	}))
	paid := must(client.GetRule(ctx, s.topic, s.subscription, "paid", nil))
	filter := paid.Filter.(*admin.SQLFilter)
	equal(filter.Expression, "type = @type AND amount > @least", "expression")
	equal(filter.Parameters["@type"], any("OrderPaid"), "parameter")
	equal(paid.Action.(*admin.SQLAction).Expression, "SET priority = 'high'", "action")
	must(client.CreateRule(ctx, s.topic, s.subscription, &admin.CreateRuleOptions{
		Name: ptr("by-correlation"),
		Filter: &admin.CorrelationFilter{
			CorrelationID: ptr("c"), Subject: ptr("l"), ApplicationProperties: map[string]any{"flag": true, "text": "t"},
		},
	}))
	correlation := must(client.GetRule(ctx, s.topic, s.subscription, "by-correlation", nil)).Filter.(*admin.CorrelationFilter)
	equal(*correlation.CorrelationID+*correlation.Subject, "cl", "correlation")
	equal(correlation.ApplicationProperties["flag"], any(true), "property")
	must(client.UpdateRule(ctx, s.topic, s.subscription, admin.RuleProperties{
		Name: "by-correlation", Filter: &admin.CorrelationFilter{CorrelationID: ptr("d")},
	}))
	correlation = must(client.GetRule(ctx, s.topic, s.subscription, "by-correlation", nil)).Filter.(*admin.CorrelationFilter)
	equal(*correlation.CorrelationID, "d", "updated filter")
	must(client.DeleteRule(ctx, s.topic, s.subscription, "by-correlation", nil))
	_, err := client.CreateRule(ctx, s.topic, s.subscription, &admin.CreateRuleOptions{
		Name: ptr("broken"), Filter: &admin.SQLFilter{Expression: "type = = 1"},
	})
	expectStatus(err, http.StatusBadRequest)
	names := []string{}
	for pager := client.NewListRulesPager(s.topic, s.subscription, nil); pager.More(); {
		for _, rule := range must(pager.NextPage(ctx)).Rules {
			names = append(names, rule.Name)
		}
	}
	equalList(names, []string{"paid"}, "rules left")
}

func lists(ctx context.Context, s *story) {
	client := s.admin()
	queues := []string{}
	for pager := client.NewListQueuesPager(&admin.ListQueuesOptions{MaxPageSize: 1}); pager.More(); {
		for _, queue := range must(pager.NextPage(ctx)).Queues {
			queues = append(queues, queue.QueueName)
		}
	}
	check(slices.Contains(queues, s.queue) && slices.Contains(queues, s.sessions), "both queues are listed, in pages of one")
	subscriptions := []string{}
	for pager := client.NewListSubscriptionsPager(s.topic, nil); pager.More(); {
		for _, subscription := range must(pager.NextPage(ctx)).Subscriptions {
			subscriptions = append(subscriptions, subscription.SubscriptionName)
		}
	}
	slices.Sort(subscriptions)
	equalList(subscriptions, []string{"audit", s.subscription}, "subscriptions")
	namespace := must(client.GetNamespaceProperties(ctx, nil))
	check(namespace.Name != "" && namespace.SKU != "", "the namespace has a name and a tier")
}

func wrongKey(ctx context.Context, s *story) {
	client := s.adminFor(strings.Replace(s.administration, "SAS_KEY_VALUE", "wrong", 1))
	_, err := client.GetQueue(ctx, s.queue, nil)
	expectStatus(err, http.StatusUnauthorized)
}

func counts(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.queue, nil))
	for range 2 {
		none(sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("counted")}, nil))
	}
	administration := s.admin()
	runtime := must(administration.GetQueueRuntimeProperties(ctx, s.queue, nil))
	equal(runtime.ActiveMessageCount, 2, "active messages")
	equal(runtime.TotalMessageCount, 2, "all messages")
	equal(runtime.DeadLetterMessageCount+runtime.ScheduledMessageCount, 0, "messages in sub-queues")
	topic := must(administration.GetTopicRuntimeProperties(ctx, s.topic, nil))
	equal(topic.SubscriptionCount, 2, "subscriptions of the topic")
}

func deleteAll(ctx context.Context, s *story) {
	client := s.admin()
	must(client.DeleteSubscription(ctx, s.topic, "audit", nil))
	must(client.DeleteQueue(ctx, s.queue, nil))
	must(client.DeleteQueue(ctx, s.sessions, nil))
	must(client.DeleteTopic(ctx, s.topic, nil))
	check(must(client.GetTopic(ctx, s.topic, nil)) == nil, "the topic is gone")
}

func expectStatus(err error, status int) {
	var response *azcore.ResponseError
	check(errors.As(err, &response), "an HTTP error")
	equal(response.StatusCode, status, "status")
}
