-- What lists of a large shop are filtered by. Filled at once, because lists read it from now on; the
-- projection's next version rebuilds it with the others.
-- Of most orders nothing is said but that they were placed; the others stand here once more, narrow,
-- because rows of order_summaries are updated without touching an index.
CREATE TABLE cancellation.order_states (
    stream_id uuid PRIMARY KEY,
    order_id text NOT NULL,
    placed_at timestamptz NOT NULL,
    total_minor bigint NOT NULL,
    channel text,
    country text,
    state text NOT NULL,
    reason text,
    refund_state text NOT NULL,
    restock_state text NOT NULL,
    notification_state text NOT NULL
);
INSERT INTO cancellation.order_states
SELECT stream_id, order_id, placed_at, total_minor, channel, country, state, reason, refund_state,
    restock_state, notification_state
FROM cancellation.order_summaries
WHERE NOT (state = 'PLACED' AND refund_state = 'NOT_DUE' AND restock_state = 'NOT_DUE'
    AND notification_state = 'NOT_DUE' AND reason IS NULL);
CREATE INDEX order_states_state_idx
    ON cancellation.order_states (state, placed_at DESC, order_id DESC);
CREATE INDEX order_states_refund_idx
    ON cancellation.order_states (refund_state, placed_at DESC, order_id DESC);
CREATE INDEX order_states_reason_idx
    ON cancellation.order_states (reason, placed_at DESC, order_id DESC);
CREATE INDEX order_states_money_idx
    ON cancellation.order_states (placed_at DESC, order_id DESC)
    WHERE refund_state IN ('FAILED', 'UNCERTAIN', 'OWED');
CREATE INDEX order_states_stock_idx
    ON cancellation.order_states (placed_at DESC, order_id DESC)
    WHERE restock_state IN ('FAILED', 'LEFT_FOR_LATER');
CREATE INDEX order_states_message_idx
    ON cancellation.order_states (placed_at DESC, order_id DESC)
    WHERE notification_state IN ('FAILED', 'UNCERTAIN');

-- On columns that never change, so that updates of a row touch no index.
CREATE INDEX order_summaries_country_idx
    ON cancellation.order_summaries (country, placed_at DESC, order_id DESC);
CREATE INDEX order_summaries_channel_idx
    ON cancellation.order_summaries (channel, placed_at DESC, order_id DESC);
