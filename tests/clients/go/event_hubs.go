package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azeventhubs/v2"
)

func eventHubsSteps() []step {
	return []step{
		{"Event Hubs: read the hub and its partitions", hubProperties},
		{"Event Hubs: send a batch to a partition and read it from a sequence number on", hubPartition},
		{"Event Hubs: one partition key, one partition, in order", hubPartitionKey},
		{"Event Hubs: an owner level takes a partition over", hubOwnerLevel},
		{"Event Hubs: a wrong key and an unknown hub are refused", hubRefused},
	}
}

func (s *story) producer(connection, hub string) *azeventhubs.ProducerClient {
	return must(azeventhubs.NewProducerClientFromConnectionString(connection, hub, &azeventhubs.ProducerClientOptions{
		RetryOptions: azeventhubs.RetryOptions{MaxRetries: -1},
	}))
}

func (s *story) consumer() *azeventhubs.ConsumerClient {
	return must(azeventhubs.NewConsumerClientFromConnectionString(s.eventHubs, s.eventHub, azeventhubs.DefaultConsumerGroup, nil))
}

func send(ctx context.Context, producer *azeventhubs.ProducerClient, options *azeventhubs.EventDataBatchOptions, texts ...string) {
	batch := must(producer.NewEventDataBatch(ctx, options))
	for n, text := range texts {
		none(batch.AddEventData(&azeventhubs.EventData{Body: []byte(text), Properties: map[string]any{"n": int32(n)}}, nil))
	}
	none(producer.SendEventDataBatch(ctx, batch, nil))
}

func readFrom(ctx context.Context, consumer *azeventhubs.ConsumerClient, partition string, after int64, count int) []*azeventhubs.ReceivedEventData {
	client := must(consumer.NewPartitionClient(partition, &azeventhubs.PartitionClientOptions{
		StartPosition: azeventhubs.StartPosition{SequenceNumber: &after},
	}))
	defer client.Close(ctx)
	return must(client.ReceiveEvents(ctx, count, nil))
}

func hubProperties(ctx context.Context, s *story) {
	producer := s.producer(s.eventHubs, s.eventHub)
	defer producer.Close(ctx)
	hub := must(producer.GetEventHubProperties(ctx, nil))
	equal(hub.Name, s.eventHub, "name")
	check(len(hub.PartitionIDs) >= 2, "partitions")
	partition := must(producer.GetPartitionProperties(ctx, hub.PartitionIDs[0], nil))
	equal(partition.PartitionID, hub.PartitionIDs[0], "partition id")
}

func hubPartition(ctx context.Context, s *story) {
	producer, consumer := s.producer(s.eventHubs, s.eventHub), s.consumer()
	defer producer.Close(ctx)
	defer consumer.Close(ctx)
	before := must(producer.GetPartitionProperties(ctx, "0", nil)).LastEnqueuedSequenceNumber
	texts := []string{}
	for n := range 5 {
		texts = append(texts, fmt.Sprintf("%s reading %d", s.run, n))
	}
	send(ctx, producer, &azeventhubs.EventDataBatchOptions{PartitionID: ptr("0")}, texts...)
	events := readFrom(ctx, consumer, "0", before, 5)
	read := []string{}
	for _, event := range events {
		read = append(read, string(event.Body))
	}
	equalList(read, texts, "bodies")
	equal(events[3].Properties["n"], any(int32(3)), "property")
	equal(events[0].SequenceNumber, before+1, "sequence number")
	after := must(producer.GetPartitionProperties(ctx, "0", nil))
	equal(after.LastEnqueuedSequenceNumber, before+5, "events enqueued")
	equal(after.IsEmpty, false, "the partition holds events")
}

func hubPartitionKey(ctx context.Context, s *story) {
	producer, consumer := s.producer(s.eventHubs, s.eventHub), s.consumer()
	defer producer.Close(ctx)
	defer consumer.Close(ctx)
	ids := must(producer.GetEventHubProperties(ctx, nil)).PartitionIDs
	before := map[string]int64{}
	for _, id := range ids {
		before[id] = must(producer.GetPartitionProperties(ctx, id, nil)).LastEnqueuedSequenceNumber
	}
	for n := range 4 {
		send(ctx, producer, &azeventhubs.EventDataBatchOptions{PartitionKey: ptr("press-7")}, fmt.Sprintf("keyed %d", n))
	}
	grown := []string{}
	for _, id := range ids {
		if must(producer.GetPartitionProperties(ctx, id, nil)).LastEnqueuedSequenceNumber > before[id] {
			grown = append(grown, id)
		}
	}
	equal(len(grown), 1, "partitions that grew")
	events := readFrom(ctx, consumer, grown[0], before[grown[0]], 4)
	for n, event := range events {
		equal(string(event.Body), fmt.Sprintf("keyed %d", n), "order")
		equal(*event.PartitionKey, "press-7", "partition key")
	}
}

func hubOwnerLevel(ctx context.Context, s *story) {
	consumer := s.consumer()
	defer consumer.Close(ctx)
	from := azeventhubs.StartPosition{Earliest: ptr(true)}
	first := must(consumer.NewPartitionClient("0", &azeventhubs.PartitionClientOptions{OwnerLevel: ptr(int64(1)), StartPosition: from}))
	defer first.Close(ctx)
	must(first.ReceiveEvents(ctx, 1, nil))
	second := must(consumer.NewPartitionClient("0", &azeventhubs.PartitionClientOptions{OwnerLevel: ptr(int64(2)), StartPosition: from}))
	defer second.Close(ctx)
	must(second.ReceiveEvents(ctx, 1, nil))
	for {
		if _, err := first.ReceiveEvents(ctx, 300, nil); err != nil {
			check(strings.Contains(err.Error(), string(azeventhubs.ErrorCodeOwnershipLost)), "ownership lost, not: "+err.Error())
			return
		}
	}
}

func hubRefused(ctx context.Context, s *story) {
	wrong := s.producer(strings.Replace(s.eventHubs, "SAS_KEY_VALUE", "wrong", 1), s.eventHub)
	defer wrong.Close(ctx)
	_, err := wrong.NewEventDataBatch(ctx, nil)
	_ = refused(err, "a wrong key")
	lost := s.producer(s.eventHubs, "not-there")
	defer lost.Close(ctx)
	_, err = lost.NewEventDataBatch(ctx, nil)
	_ = refused(err, "an unknown hub")
}
