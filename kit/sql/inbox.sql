CREATE TABLE {schema}.inbox (
    message_id text PRIMARY KEY,
    fingerprint bytea NOT NULL,
    stream_id uuid NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE {schema}.dead_letters (
    dead_letter_id bigserial PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    message_id text,
    message_type text,
    code text NOT NULL,
    detail text NOT NULL,
    key bytea,
    value bytea,
    headers bytea NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (topic, partition, "offset")
);

CREATE INDEX dead_letters_message_id_idx ON {schema}.dead_letters (message_id);
