package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	topicCommands = "cancellation.commands"
	topicEvents   = "cancellation.events"

	typeCancel    = "cancellation.cancel-order.v1"
	typeCancelled = "cancellation.order-cancelled.v1"
)

// cancelOrder is cancellation.cancel-order.v1, as far as it is used here.
type cancelOrder struct {
	OrderID string `json:"order_id"`
	Reason  string `json:"reason"`
}

// answer is the one event that carries the command's id.
type answer struct {
	Key   string            `json:"key"`
	Event cloudevents.Event `json:"event"`
	Read  said              `json:"read"`
}

// said is the data of an answer, cancellation or refusal, as far as it is used here.
type said struct {
	OrderID        string `json:"order_id"`
	CommandID      string `json:"command_id"`
	CancellationID string `json:"cancellation_id,omitempty"`
	Currency       string `json:"currency,omitempty"`
	RefundMinor    int64  `json:"refund_minor"`
	Lines          []struct {
		LineID   string `json:"line_id"`
		SKU      string `json:"sku"`
		Quantity int    `json:"quantity"`
	} `json:"lines,omitempty"`
	Refunds []struct {
		PaymentID   string `json:"payment_id"`
		AmountMinor int64  `json:"amount_minor"`
	} `json:"refunds,omitempty"`
	Refusals []struct {
		Code   string `json:"code"`
		Remedy string `json:"remedy"`
	} `json:"refusals,omitempty"`
}

// connect opens a client that writes once and in sequence, and reads only what is committed.
//
// Countermand publishes in Kafka transactions: a reader that does not ask for committed records
// sees those of transactions that were given up, too.
func connect(brokers, compression string, from time.Time) (*kgo.Client, error) {
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	codec, known := codecs[compression]
	if !known {
		return nil, fmt.Errorf("no such compression: %s", compression)
	}
	return kgo.NewClient(
		kgo.SeedBrokers(strings.Split(brokers, ",")...),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(codec),
		kgo.ConsumeTopics(topicEvents),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		// The answer is later than the question; the minute is for clocks that differ.
		kgo.ConsumeStartOffset(kgo.NewOffset().AfterMilli(from.Add(-time.Minute).UnixMilli())),
	)
}

// write makes the record of a command: the key is the order id, so that one order's records stay
// in sequence, and the id is ours, so that publishing it again does nothing.
func write(command cancelOrder, id, traceparent string, at time.Time) (*kgo.Record, error) {
	event := cloudevents.NewEvent()
	event.SetID(id)
	event.SetType(typeCancel)
	event.SetSource("/examples/go")
	event.SetSubject(command.OrderID)
	event.SetTime(at)
	if traceparent != "" {
		event.SetExtension("traceparent", traceparent)
	}
	if err := event.SetData(cloudevents.ApplicationJSON, command); err != nil {
		return nil, err
	}
	if err := event.Validate(); err != nil {
		return nil, err
	}
	headers, err := toHeaders(event)
	return &kgo.Record{
		Topic: topicCommands, Key: []byte(command.OrderID), Headers: headers, Value: event.Data(),
	}, err
}

// read returns the answer to a command, or nothing for any other record.
//
// It is found by the command id in the data, not by the correlation id, which is on everything that
// is said about the story. Types and fields that are not known here are passed over.
func read(record *kgo.Record, id string) (*answer, error) {
	event, err := toEvent(record)
	if err != nil {
		return nil, err
	}
	found := &answer{Key: string(record.Key), Event: event}
	if err := json.Unmarshal(event.Data(), &found.Read); err != nil {
		return nil, fmt.Errorf("%s: %w", event.ID(), err)
	}
	if found.Read.CommandID != id {
		return nil, nil
	}
	return found, nil
}

// check says what in an answer does not fit its command, or does not fit together.
func (a *answer) check(command cancelOrder, id string) error {
	read, order := a.Read, command.OrderID
	if a.Key != order || read.OrderID != order || a.Event.Subject() != order {
		return fmt.Errorf("the answer is about %q, keyed %q", read.OrderID, a.Key)
	}
	if a.Event.Extensions()["correlationid"] != id {
		return fmt.Errorf("the answer belongs to %v", a.Event.Extensions()["correlationid"])
	}
	if a.Event.Type() != typeCancelled {
		return nil
	}
	var sum int64
	for _, refund := range read.Refunds {
		sum += refund.AmountMinor
	}
	if sum != read.RefundMinor || len(read.Lines) == 0 || read.CancellationID == "" {
		return fmt.Errorf("refunds of %d make %d, %d lines", sum, read.RefundMinor, len(read.Lines))
	}
	return nil
}
