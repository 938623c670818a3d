-- The lines of an order are read from the log, where they stand once more; rows of the projection's
-- next version hold none, only how many units there are. Rows of before keep theirs until then.
ALTER TABLE cancellation.order_summaries
    ALTER COLUMN lines DROP NOT NULL,
    ADD COLUMN unit_count bigint;
