-- What an order is found by. The projection's next version fills it in, from the first fact on.
ALTER TABLE cancellation.order_summaries
    ADD COLUMN email text,
    ADD COLUMN channel text,
    ADD COLUMN words text;

-- On a column that never changes, so that updates of a row touch no index.
CREATE INDEX order_summaries_words_idx ON cancellation.order_summaries
    USING gin (array_to_tsvector(string_to_array(words, ' ')));
