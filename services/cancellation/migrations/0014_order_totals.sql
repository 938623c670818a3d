-- On columns that never change, so that updates of a row touch no index.
CREATE INDEX order_summaries_total_minor_idx
    ON cancellation.order_summaries (total_minor DESC, order_id DESC);
