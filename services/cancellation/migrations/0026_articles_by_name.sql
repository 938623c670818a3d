-- What an order is found by, as the index has it: names, times, and one short word for each article.
-- The projection's next version fills it in; of a row of before every word counts as a name.
ALTER TABLE cancellation.order_summaries ADD COLUMN found_by text;
DROP INDEX cancellation.order_summaries_words_idx;
CREATE INDEX order_summaries_found_by_idx ON cancellation.order_summaries USING gin (
    cancellation.words_of(coalesce(found_by, 'N' || replace(words, ' ', ' N')))
);

-- The words of every article anybody ever bought, under the word it stands for.
CREATE TABLE cancellation.articles (
    article text COLLATE "C" PRIMARY KEY,
    words text NOT NULL
);
CREATE INDEX articles_words_idx ON cancellation.articles USING gin (cancellation.words_of(words));
-- The other function and the table of before stay for whoever still asks them during a rollout.
