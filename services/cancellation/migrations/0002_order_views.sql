CREATE TABLE cancellation.order_summaries (
    stream_id uuid PRIMARY KEY,
    order_id text NOT NULL,
    state text NOT NULL,
    currency text NOT NULL,
    customer_id text,
    country text,
    placed_at timestamptz NOT NULL,
    total_minor bigint NOT NULL,
    captured_minor bigint NOT NULL,
    cancelled_minor bigint NOT NULL,
    refund_due_minor bigint NOT NULL,
    refunded_minor bigint NOT NULL,
    reason text,
    cancelled_at timestamptz,
    cancellation_count integer NOT NULL,
    rejection_count integer NOT NULL,
    refunds_open integer NOT NULL,
    refunds_failed integer NOT NULL,
    refunds_uncertain integer NOT NULL,
    restocks_open integer NOT NULL,
    restocks_failed integer NOT NULL,
    notifications_open integer NOT NULL,
    notifications_failed integer NOT NULL,
    notifications_uncertain integer NOT NULL,
    lines json NOT NULL,
    version bigint NOT NULL,
    last_position bigint NOT NULL
) WITH (fillfactor = 80);

-- On columns that never change, so that updates of a row touch no index.
CREATE INDEX order_summaries_placed_at_idx
    ON cancellation.order_summaries (placed_at DESC, order_id DESC);

CREATE TABLE cancellation.order_history (
    stream_id uuid NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    name text NOT NULL,
    recorded_at timestamptz NOT NULL,
    message_id text NOT NULL,
    correlation_id text NOT NULL,
    fact json NOT NULL,
    PRIMARY KEY (stream_id, version)
);
