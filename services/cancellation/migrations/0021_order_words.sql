-- Looking at the words of a row costs far more than PostgreSQL takes an operator for.
CREATE FUNCTION cancellation.words_of(words text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 500
    AS $$ BEGIN RETURN array_to_tsvector(string_to_array(words, ' ')); END $$;
DROP INDEX cancellation.order_summaries_words_idx;
CREATE INDEX order_summaries_words_idx ON cancellation.order_summaries
    USING gin (cancellation.words_of(words));

-- An amount is looked for among the newest, so both stand in the index.
DROP INDEX cancellation.order_summaries_total_minor_idx;
CREATE INDEX order_summaries_total_minor_idx
    ON cancellation.order_summaries (total_minor DESC, order_id DESC) INCLUDE (placed_at, stream_id);

-- What an article is called.
CREATE INDEX cancelled_lines_sku_idx ON cancellation.cancelled_lines (sku, title);
