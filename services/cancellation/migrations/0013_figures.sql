-- What figures are counted from; the projection's next version fills it in.
CREATE TABLE cancellation.cancellations (
    stream_id uuid NOT NULL,
    cancellation_id uuid NOT NULL,
    order_id text NOT NULL,
    status text NOT NULL,
    is_whole boolean NOT NULL,
    cancelled_at timestamptz NOT NULL,
    placed_at timestamptz NOT NULL,
    currency text NOT NULL,
    channel text NOT NULL,
    country text NOT NULL,
    reason text NOT NULL,
    sub_reason text NOT NULL,
    asked_as text NOT NULL,
    asked_by text NOT NULL,
    unit_count bigint NOT NULL,
    amount_minor bigint NOT NULL,
    shipping_minor bigint NOT NULL,
    fee_minor bigint NOT NULL,
    PRIMARY KEY (stream_id, cancellation_id)
);
CREATE INDEX cancellations_cancelled_idx ON cancellation.cancellations (cancelled_at);
CREATE INDEX cancellations_placed_idx ON cancellation.cancellations (placed_at);

CREATE TABLE cancellation.cancelled_lines (
    stream_id uuid NOT NULL,
    cancellation_id uuid NOT NULL,
    line_id text NOT NULL,
    sku text NOT NULL,
    title text NOT NULL,
    quantity bigint NOT NULL,
    amount_minor bigint NOT NULL,
    PRIMARY KEY (stream_id, cancellation_id, line_id)
);

CREATE TABLE cancellation.refunds (
    stream_id uuid NOT NULL,
    refund_id uuid NOT NULL,
    cancellation_id uuid NOT NULL,
    order_id text NOT NULL,
    payment_id text NOT NULL,
    tender text NOT NULL,
    method text NOT NULL,
    state text NOT NULL,
    due_at timestamptz NOT NULL,
    ended_at timestamptz,
    placed_at timestamptz NOT NULL,
    currency text NOT NULL,
    channel text NOT NULL,
    country text NOT NULL,
    reason text NOT NULL,
    amount_minor bigint NOT NULL,
    PRIMARY KEY (stream_id, refund_id)
);
CREATE INDEX refunds_due_idx ON cancellation.refunds (due_at);

CREATE TABLE cancellation.requests (
    stream_id uuid NOT NULL,
    request_id uuid NOT NULL,
    order_id text NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL,
    is_by_default boolean NOT NULL,
    requested_at timestamptz NOT NULL,
    answered_at timestamptz,
    placed_at timestamptz NOT NULL,
    currency text NOT NULL,
    channel text NOT NULL,
    country text NOT NULL,
    reason text NOT NULL,
    refund_minor bigint NOT NULL,
    PRIMARY KEY (stream_id, request_id)
);
CREATE INDEX requests_requested_idx ON cancellation.requests (requested_at);

-- Sums over many orders: an article's, and under the empty article number whole orders'.
-- What an order may cost, times all orders there may be, is more than a bigint holds.
CREATE TABLE cancellation.placed_sums (
    sku text NOT NULL,
    placed_on date NOT NULL,
    currency text NOT NULL,
    channel text NOT NULL,
    country text NOT NULL,
    order_count bigint NOT NULL,
    unit_count bigint NOT NULL,
    gross_minor numeric NOT NULL,
    PRIMARY KEY (sku, placed_on, currency, channel, country)
) WITH (fillfactor = 80);
