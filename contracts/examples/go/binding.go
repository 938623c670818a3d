package main

import (
	"fmt"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding/spec"
	"github.com/cloudevents/sdk-go/v2/types"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The Kafka binding of CloudEvents 1.0, binary mode: attributes are headers named ce_, the content
// type has a header of its own, and the value is the data alone. The SDK brings such a binding for
// other Kafka libraries; names and types of the attributes come from it here, too.
const (
	prefix      = "ce_"
	contentType = "content-type"
)

var versions = spec.WithPrefix(prefix)

func toHeaders(event cloudevents.Event) ([]kgo.RecordHeader, error) {
	headers := []kgo.RecordHeader{{Key: contentType, Value: []byte(event.DataContentType())}}
	add := func(name string, value any) error {
		text, err := types.Format(value)
		headers = append(headers, kgo.RecordHeader{Key: name, Value: []byte(text)})
		return err
	}
	for _, attribute := range versions.Version(event.SpecVersion()).Attributes() {
		value := attribute.Get(event.Context)
		if value == nil || attribute.Kind() == spec.DataContentType {
			continue
		}
		if err := add(attribute.PrefixedName(), value); err != nil {
			return nil, err
		}
	}
	for name, value := range event.Extensions() {
		if err := add(prefix+name, value); err != nil {
			return nil, err
		}
	}
	return headers, nil
}

func toEvent(record *kgo.Record) (cloudevents.Event, error) {
	headers := make(map[string]string, len(record.Headers))
	for _, header := range record.Headers {
		headers[header.Key] = string(header.Value)
	}
	where := fmt.Sprintf("%s/%d@%d", record.Topic, record.Partition, record.Offset)
	version := versions.Version(headers[versions.PrefixedSpecVersionName()])
	if version == nil {
		return cloudevents.Event{}, fmt.Errorf("%s: no CloudEvent in binary mode", where)
	}
	event := cloudevents.Event{Context: version.NewContext(), DataEncoded: record.Value}
	for name, value := range headers {
		if name == contentType {
			name = prefix + "datacontenttype"
		}
		if err := version.SetAttribute(event.Context, name, value); err != nil {
			return event, fmt.Errorf("%s: %s: %w", where, name, err)
		}
	}
	if err := event.Validate(); err != nil {
		return event, fmt.Errorf("%s: %w", where, err)
	}
	return event, nil
}
