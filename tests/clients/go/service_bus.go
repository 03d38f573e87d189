package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
)

func serviceBusSteps() []step {
	return []step{
		{"send one message with every property, receive it and complete it", sendOne},
		{"send a batch, receive all of it", sendBatch},
		{"receive-and-delete takes messages at once", receiveAndDelete},
		{"abandon, dead-letter, and take from the dead-letter queue", settle},
		{"defer a message and fetch it by its sequence number", deferMessage},
		{"schedule messages, cancel them, and schedule one that comes", schedule},
		{"renew a lock; a settled message has none", renewLock},
		{"peek looks at messages and locks none", peek},
		{"sessions: state, order, renewal, list, the next available one, and one that is taken", sessions},
		{"a topic copies to its subscriptions by their rules", topic},
		{"a wrong key is refused, and so is an entity that is not there", refusals},
	}
}

func (s *story) client() *azservicebus.Client { return s.clientFor(s.serviceBus) }

func (s *story) clientFor(connection string) *azservicebus.Client {
	return must(azservicebus.NewClientFromConnectionString(connection, &azservicebus.ClientOptions{
		RetryOptions: azservicebus.RetryOptions{MaxRetries: -1},
	}))
}

func receive(ctx context.Context, receiver *azservicebus.Receiver, count int) []*azservicebus.ReceivedMessage {
	received := []*azservicebus.ReceivedMessage{}
	for len(received) < count {
		received = append(received, must(receiver.ReceiveMessages(ctx, count-len(received), nil))...)
	}
	return received
}

func bodies(messages []*azservicebus.ReceivedMessage) []string {
	texts := []string{}
	for _, message := range messages {
		texts = append(texts, string(message.Body))
	}
	return texts
}

// nothingComes waits a second and expects no message.
func nothingComes(ctx context.Context, receiver *azservicebus.Receiver, what string) {
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	messages, err := receiver.ReceiveMessages(short, 1, nil)
	check(errors.Is(err, context.DeadlineExceeded), fmt.Sprintf("%s: got %v, %v", what, bodies(messages), err))
}

func sendOne(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.queue, nil))
	none(sender.SendMessage(ctx, &azservicebus.Message{
		Body: []byte(`{"order":1}`), MessageID: ptr("order-1"), CorrelationID: ptr("correlation-1"),
		ContentType: ptr("application/json"), Subject: ptr("paid"), To: ptr("printing"), ReplyTo: ptr("answers"),
		PartitionKey: ptr("p"), TimeToLive: ptr(5 * time.Minute),
		ApplicationProperties: map[string]any{"amount": int32(12), "big": int64(1) << 40, "price": 1.5, "rush": true, "city": "Köln"},
	}, nil))
	receiver := must(client.NewReceiverForQueue(s.queue, nil))
	message := receive(ctx, receiver, 1)[0]
	equal(string(message.Body), `{"order":1}`, "body")
	equal(message.MessageID, "order-1", "message id")
	equal(*message.CorrelationID, "correlation-1", "correlation id")
	equal(*message.ContentType, "application/json", "content type")
	equal(*message.Subject+*message.To+*message.ReplyTo, "paidprintinganswers", "addresses")
	equal(*message.TimeToLive, 5*time.Minute, "time to live")
	equal(message.ApplicationProperties["amount"], any(int32(12)), "int property")
	equal(message.ApplicationProperties["big"], any(int64(1)<<40), "long property")
	equal(message.ApplicationProperties["price"], any(1.5), "double property")
	equal(message.ApplicationProperties["rush"], any(true), "boolean property")
	equal(message.ApplicationProperties["city"], any("Köln"), "string property")
	equal(message.DeliveryCount, 1, "delivery count, which this client starts at one")
	check(*message.SequenceNumber > 0 && message.LockedUntil.After(time.Now()), "number and lock are set")
	none(receiver.CompleteMessage(ctx, message, nil))
	equal(len(must(receiver.PeekMessages(ctx, 1, nil))), 0, "messages left")
}

func sendBatch(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.queue, nil))
	batch := must(sender.NewMessageBatch(ctx, nil))
	expected := []string{}
	for n := range 10 {
		text := fmt.Sprintf("batch %d", n)
		none(batch.AddMessage(&azservicebus.Message{Body: []byte(text)}, nil))
		expected = append(expected, text)
	}
	small := must(sender.NewMessageBatch(ctx, &azservicebus.MessageBatchOptions{MaxBytes: 500}))
	err := refused(small.AddMessage(&azservicebus.Message{Body: make([]byte, 1000)}, nil), "a batch of 500 bytes")
	check(errors.Is(err, azservicebus.ErrMessageTooLarge), "the error says that it is too large")
	none(sender.SendMessageBatch(ctx, batch, nil))
	receiver := must(client.NewReceiverForQueue(s.queue, nil))
	messages := receive(ctx, receiver, 10)
	equalList(bodies(messages), expected, "bodies")
	for _, message := range messages {
		none(receiver.CompleteMessage(ctx, message, nil))
	}
}

func receiveAndDelete(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.queue, nil))
	none(sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("gone")}, nil))
	receiver := must(client.NewReceiverForQueue(s.queue, &azservicebus.ReceiverOptions{ReceiveMode: azservicebus.ReceiveModeReceiveAndDelete}))
	equalList(bodies(receive(ctx, receiver, 1)), []string{"gone"}, "bodies")
	equal(len(must(receiver.PeekMessages(ctx, 1, nil))), 0, "messages left")
}

func settle(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.queue, nil))
	none(sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("bad"), MessageID: ptr("bad")}, nil))
	receiver := must(client.NewReceiverForQueue(s.queue, nil))
	none(receiver.AbandonMessage(ctx, receive(ctx, receiver, 1)[0], &azservicebus.AbandonMessageOptions{
		PropertiesToModify: map[string]any{"tried": "once"},
	}))
	second := receive(ctx, receiver, 1)[0]
	equal(second.DeliveryCount, 2, "delivery count")
	equal(second.ApplicationProperties["tried"], any("once"), "modified property")
	none(receiver.DeadLetterMessage(ctx, second, &azservicebus.DeadLetterOptions{
		Reason: ptr("unreadable"), ErrorDescription: ptr("it makes no sense"),
	}))
	deadLetters := must(client.NewReceiverForQueue(s.queue, &azservicebus.ReceiverOptions{SubQueue: azservicebus.SubQueueDeadLetter}))
	dead := receive(ctx, deadLetters, 1)[0]
	equal(*dead.DeadLetterReason, "unreadable", "reason")
	equal(*dead.DeadLetterErrorDescription, "it makes no sense", "description")
	none(deadLetters.CompleteMessage(ctx, dead, nil))
	none(sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("poison")}, nil))
	for range 3 {
		none(receiver.AbandonMessage(ctx, receive(ctx, receiver, 1)[0], nil))
	}
	dead = receive(ctx, deadLetters, 1)[0]
	equal(*dead.DeadLetterReason, "MaxDeliveryCountExceeded", "reason after the third failure")
	none(deadLetters.CompleteMessage(ctx, dead, nil))
}

func deferMessage(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.queue, nil))
	none(sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("later")}, nil))
	receiver := must(client.NewReceiverForQueue(s.queue, nil))
	message := receive(ctx, receiver, 1)[0]
	none(receiver.DeferMessage(ctx, message, nil))
	nothingComes(ctx, receiver, "a deferred message does not come by itself")
	fetched := must(receiver.ReceiveDeferredMessages(ctx, []int64{*message.SequenceNumber}, nil))
	equal(fetched[0].State, azservicebus.MessageStateDeferred, "state")
	none(receiver.CompleteMessage(ctx, fetched[0], nil))
	_, err := receiver.ReceiveDeferredMessages(ctx, []int64{*message.SequenceNumber}, nil)
	_ = refused(err, "fetched twice")
}

func schedule(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.queue, nil))
	messages := []*azservicebus.Message{{Body: []byte("never 1")}, {Body: []byte("never 2")}}
	numbers := must(sender.ScheduleMessages(ctx, messages, time.Now().Add(time.Hour), nil))
	receiver := must(client.NewReceiverForQueue(s.queue, nil))
	peeked := must(receiver.PeekMessages(ctx, 5, nil))
	equal(len(peeked), 2, "scheduled messages that can be peeked")
	equal(peeked[0].State, azservicebus.MessageStateScheduled, "state")
	none(sender.CancelScheduledMessages(ctx, numbers, nil))
	equal(len(must(receiver.PeekMessages(ctx, 5, &azservicebus.PeekMessagesOptions{FromSequenceNumber: ptr(int64(1))}))), 0, "left")
	must(sender.ScheduleMessages(ctx, []*azservicebus.Message{{Body: []byte("soon")}}, time.Now().Add(time.Second), nil))
	message := receive(ctx, receiver, 1)[0]
	equal(string(message.Body), "soon", "body")
	none(receiver.CompleteMessage(ctx, message, nil))
}

func renewLock(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.queue, nil))
	none(sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("slow")}, nil))
	receiver := must(client.NewReceiverForQueue(s.queue, nil))
	message := receive(ctx, receiver, 1)[0]
	before := *message.LockedUntil
	none(receiver.RenewMessageLock(ctx, message, nil))
	check(!message.LockedUntil.Before(before), "the lock lasts longer")
	none(receiver.CompleteMessage(ctx, message, nil))
	err := refused(receiver.RenewMessageLock(ctx, message, nil), "a lock that is gone")
	expectCode(err, azservicebus.CodeLockLost)
}

func peek(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.queue, nil))
	for n := range 3 {
		none(sender.SendMessage(ctx, &azservicebus.Message{Body: fmt.Appendf(nil, "peek %d", n)}, nil))
	}
	receiver := must(client.NewReceiverForQueue(s.queue, nil))
	equalList(bodies(must(receiver.PeekMessages(ctx, 2, nil))), []string{"peek 0", "peek 1"}, "peeked")
	equalList(bodies(must(receiver.PeekMessages(ctx, 2, nil))), []string{"peek 2"}, "peeked on")
	for _, message := range receive(ctx, receiver, 3) {
		none(receiver.CompleteMessage(ctx, message, nil))
	}
}

func sessions(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.sessions, nil))
	for _, id := range []string{"a", "b"} {
		for n := range 2 {
			none(sender.SendMessage(ctx, &azservicebus.Message{Body: fmt.Appendf(nil, "%s%d", id, n), SessionID: ptr(id)}, nil))
		}
	}
	listed := []string{}
	for pager := client.NewListSessionsForQueuePager(s.sessions, nil); pager.More(); {
		page := must(pager.NextPage(ctx))
		listed = append(listed, page.Sessions...)
	}
	equalList(listed, []string{"a", "b"}, "listed sessions")
	session := must(client.AcceptSessionForQueue(ctx, s.sessions, "a", nil))
	before := session.LockedUntil()
	none(session.RenewSessionLock(ctx, nil))
	check(!session.LockedUntil().Before(before), "the session's lock lasts longer")
	equal(len(must(session.GetSessionState(ctx, nil))), 0, "no state yet")
	none(session.SetSessionState(ctx, []byte(`{"step":2}`), nil))
	equal(string(must(session.GetSessionState(ctx, nil))), `{"step":2}`, "state")
	other := s.client()
	_, err := other.AcceptSessionForQueue(ctx, s.sessions, "a", nil)
	_ = refused(err, "a session that another receiver holds")
	none(other.Close(ctx))
	received := []string{}
	for len(received) < 2 {
		for _, message := range must(session.ReceiveMessages(ctx, 2, nil)) {
			received = append(received, string(message.Body))
			none(session.CompleteMessage(ctx, message, nil))
		}
	}
	equalList(received, []string{"a0", "a1"}, "order within the session")
	none(session.Close(ctx))
	next := must(client.AcceptNextSessionForQueue(ctx, s.sessions, nil))
	equal(next.SessionID(), "b", "the next session with messages")
	for count := 0; count < 2; {
		for _, message := range must(next.ReceiveMessages(ctx, 2, nil)) {
			none(next.CompleteMessage(ctx, message, nil))
			count++
		}
	}
	none(next.Close(ctx))
	again := must(client.AcceptSessionForQueue(ctx, s.sessions, "a", nil))
	equal(string(must(again.GetSessionState(ctx, nil))), `{"step":2}`, "the state outlives the receiver")
	none(again.SetSessionState(ctx, nil, nil))
	equal(len(must(again.GetSessionState(ctx, nil))), 0, "the state is gone")
	none(again.Close(ctx))
}

func topic(ctx context.Context, s *story) {
	client := s.client()
	defer client.Close(ctx)
	sender := must(client.NewSender(s.topic, nil))
	none(sender.SendMessage(ctx, &azservicebus.Message{
		Body: []byte("paid"), ApplicationProperties: map[string]any{"type": "OrderPaid", "amount": int32(10)},
	}, nil))
	none(sender.SendMessage(ctx, &azservicebus.Message{
		Body: []byte("cancelled"), ApplicationProperties: map[string]any{"type": "OrderCancelled"},
	}, nil))
	receiver := must(client.NewReceiverForSubscription(s.topic, s.subscription, nil))
	message := receive(ctx, receiver, 1)[0]
	equal(string(message.Body), "paid", "what the filter lets through")
	equal(message.ApplicationProperties["priority"], any("high"), "what the action set")
	none(receiver.CompleteMessage(ctx, message, nil))
	nothingComes(ctx, receiver, "what the filter holds back")
	audit := must(client.NewReceiverForSubscription(s.topic, "audit", nil))
	messages := receive(ctx, audit, 2)
	equalList(bodies(messages), []string{"paid", "cancelled"}, "everything")
	for _, message := range messages {
		none(audit.CompleteMessage(ctx, message, nil))
	}
}

func refusals(ctx context.Context, s *story) {
	wrong := s.clientFor(strings.Replace(s.serviceBus, "SAS_KEY_VALUE", "wrong", 1))
	defer wrong.Close(ctx)
	sender := must(wrong.NewSender(s.queue, nil))
	err := refused(sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("x")}, nil), "a wrong key")
	expectCode(err, azservicebus.CodeUnauthorizedAccess)
	client := s.client()
	defer client.Close(ctx)
	lost := must(client.NewSender("not-there", nil))
	err = refused(lost.SendMessage(ctx, &azservicebus.Message{Body: []byte("x")}, nil), "an unknown queue")
	expectCode(err, azservicebus.CodeNotFound)
}

func expectCode(err error, code azservicebus.Code) {
	var known *azservicebus.Error
	check(errors.As(err, &known), fmt.Sprintf("an azservicebus error with code %s, not: %v", code, err))
	equal(known.Code, code, "code of the error")
}
