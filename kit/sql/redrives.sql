ALTER TABLE {schema}.dead_letters
    ADD COLUMN fingerprint bytea,
    ADD COLUMN redrive_id text,
    ADD COLUMN state text NOT NULL DEFAULT 'OPEN'
        CHECK (state IN ('OPEN', 'PARKED', 'REDRIVEN')),
    ADD COLUMN digest bytea NOT NULL GENERATED ALWAYS AS (sha256(
        coalesce(key, '') || '\x0a' || coalesce(value, '') || '\x0a' || headers
    )) STORED,
    DROP CONSTRAINT dead_letters_topic_partition_offset_key,
    ADD UNIQUE (topic, partition, "offset", digest);

CREATE UNIQUE INDEX dead_letters_redrive_id_idx
ON {schema}.dead_letters (redrive_id, digest) WHERE redrive_id IS NOT NULL;

CREATE INDEX dead_letters_open_idx
ON {schema}.dead_letters (topic, partition, key) WHERE state = 'OPEN';

CREATE TABLE {schema}.redrives (
    redrive_id text PRIMARY KEY,
    dead_letter_id bigint NOT NULL UNIQUE REFERENCES {schema}.dead_letters,
    attempt integer NOT NULL,
    place bigint NOT NULL,
    partition integer NOT NULL,
    key bytea,
    value bytea,
    headers bytea NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    produced_at timestamptz,
    answered_at timestamptz,
    answer text
);

CREATE INDEX redrives_open_idx
ON {schema}.redrives (dead_letter_id) WHERE answer IS NULL;

CREATE TABLE {schema}.dead_letter_actions (
    action_id bigserial PRIMARY KEY,
    dead_letter_id bigint NOT NULL REFERENCES {schema}.dead_letters,
    kind text NOT NULL CHECK (kind IN ('EDIT', 'PARK', 'UNPARK', 'REDRIVE')),
    who text NOT NULL CHECK (who <> ''),
    why text NOT NULL CHECK (why <> ''),
    at timestamptz NOT NULL DEFAULT now(),
    key bytea,
    value bytea,
    headers bytea
);

CREATE INDEX dead_letter_actions_idx
ON {schema}.dead_letter_actions (dead_letter_id);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE
ON {schema}.dead_letter_actions
FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_rewriting_history();
