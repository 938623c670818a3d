-- What a figure would count twice is told, so that it need not remember what it has counted. Of a
-- cancellation that is not known to be the only one of its order a figure remembers it.
ALTER TABLE cancellation.cancellations ADD COLUMN is_only boolean NOT NULL DEFAULT false;
CREATE INDEX cancellations_of_several_idx ON cancellation.cancellations (placed_at)
    WHERE NOT is_only;
CREATE INDEX cancellations_of_several_cancelled_idx ON cancellation.cancellations (cancelled_at)
    WHERE NOT is_only;

ALTER TABLE cancellation.cancelled_lines ADD COLUMN is_first boolean NOT NULL DEFAULT true;
UPDATE cancellation.cancelled_lines l SET is_first = false
FROM (
    SELECT stream_id, cancellation_id, line_id,
        row_number() OVER (PARTITION BY stream_id, cancellation_id, sku ORDER BY line_id) AS number
    FROM cancellation.cancelled_lines
) n
WHERE (n.stream_id, n.cancellation_id, n.line_id) = (l.stream_id, l.cancellation_id, l.line_id)
    AND n.number > 1;
