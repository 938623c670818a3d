-- Of the few orders more is said of, the words are looked at one by one, so they stand beside what
-- lists are filtered by. Rows of the projection's version before have none; they are looked up.
ALTER TABLE cancellation.order_states ADD COLUMN words text;
