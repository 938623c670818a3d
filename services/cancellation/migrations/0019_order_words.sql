-- Looking at the words of a row costs far more than PostgreSQL takes an operator for.
CREATE FUNCTION cancellation.words_of(words text) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 500
    AS $$ BEGIN RETURN array_to_tsvector(string_to_array(words, ' ')); END $$;
DROP INDEX cancellation.order_summaries_words_idx;
CREATE INDEX order_summaries_words_idx ON cancellation.order_summaries
    USING gin (cancellation.words_of(words));
