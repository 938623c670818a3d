-- What an order is found by, as the index has it: names, times, and one short word for each article.
-- It never changes, and stands beside the rows that do. The projection's next version fills it in; until
-- then every word of an order counts as a name.
CREATE TABLE cancellation.order_words (
    stream_id uuid PRIMARY KEY,
    placed_at timestamptz NOT NULL,
    order_id text NOT NULL,
    found_by text NOT NULL,
    lexemes tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(found_by, ' '))) STORED
);
INSERT INTO cancellation.order_words (stream_id, placed_at, order_id, found_by)
SELECT stream_id, placed_at, order_id, 'N' || replace(words, ' ', ' N')
FROM cancellation.order_summaries WHERE words IS NOT NULL;
CREATE INDEX order_words_lexemes_idx ON cancellation.order_words USING gin (lexemes);
DROP INDEX cancellation.order_summaries_words_idx;

-- The words of every article anybody ever bought, under the word it stands for.
CREATE TABLE cancellation.articles (
    article text COLLATE "C" PRIMARY KEY,
    words text NOT NULL
);
CREATE INDEX articles_words_idx ON cancellation.articles USING gin (cancellation.words_of(words));
-- The column, the function and the table of words of before stay for whoever still asks them during a
-- rollout.
