// Command cancel asks Countermand to cancel an order and waits for the answer.
//
// It knows Countermand only by what is published: topic names, CloudEvents headers and the JSON
// Schemas in contracts/generated. The answer goes to standard output as one JSON object; the exit
// status is 0 for a cancellation, 1 for a refusal and 2 when nobody knows yet.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	var command cancelOrder
	var id, traceparent, brokers, compression string
	var patience time.Duration
	flag.StringVar(&brokers, "kafka", "127.0.0.1:9092", "brokers, as host:port[,host:port]")
	flag.StringVar(&id, "id", "", "command id; the same id again is the same command")
	flag.StringVar(&command.OrderID, "order", "", "order to cancel")
	flag.StringVar(&command.Reason, "reason", "CUSTOMER", "why")
	flag.StringVar(&traceparent, "traceparent", "", "W3C trace context to carry along")
	flag.StringVar(&compression, "compression", "snappy", "none, gzip, snappy, lz4 or zstd")
	flag.DurationVar(&patience, "patience", 30*time.Second, "how long to wait for the answer")
	flag.Parse()
	if id == "" || command.OrderID == "" {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	answer, err := cancel(ctx, brokers, compression, id, traceparent, command)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", id, err)
		os.Exit(2)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if answer.Event.Type() != typeCancelled {
		os.Exit(1)
	}
}

// cancel publishes the command and reads until its answer is there.
func cancel(
	ctx context.Context, brokers, compression, id, traceparent string, command cancelOrder,
) (*answer, error) {
	asked := time.Now()
	client, err := connect(brokers, compression, asked)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	record, err := write(command, id, traceparent, asked)
	if err != nil {
		return nil, err
	}
	if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
		return nil, fmt.Errorf("not published: %w", err)
	}
	for {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return nil, fmt.Errorf("published, and no answer yet: %w", err)
		}
		for _, record := range fetches.Records() {
			found, err := read(record, id)
			if err != nil {
				return nil, err
			}
			if found != nil {
				return found, found.check(command, id)
			}
		}
	}
}
