-- What facts about people must not hold: what a password and a secret are known by. They have to be
-- able to go. Beside it, who may come in now.
CREATE TABLE cancellation.people (
    name text PRIMARY KEY,
    role text NOT NULL,
    rights text[] NOT NULL,
    is_enabled boolean NOT NULL,
    password_hash text,
    password_set_at timestamptz,
    signed_in_at timestamptz,
    added_at timestamptz NOT NULL
);

CREATE TABLE cancellation.sessions (
    token_digest bytea PRIMARY KEY,
    session_id uuid NOT NULL UNIQUE,
    name text NOT NULL REFERENCES cancellation.people,
    expires_at timestamptz NOT NULL
);

CREATE INDEX sessions_of ON cancellation.sessions (name);

CREATE TABLE cancellation.api_keys (
    name text PRIMARY KEY,
    prefix text NOT NULL,
    token_digest bytea UNIQUE,
    rights text[] NOT NULL,
    names_others boolean NOT NULL,
    expires_at timestamptz,
    issued_at timestamptz NOT NULL,
    revoked_at timestamptz,
    used_at timestamptz
);

-- Subjects are digests: whoever writes a password into the field of the name leaves no trace here.
CREATE TABLE cancellation.sign_in_attempts (
    subject bytea PRIMARY KEY,
    began_at timestamptz NOT NULL,
    attempts integer NOT NULL
);

-- Who may come in and who did, newest first, without a look at any other fact.
CREATE INDEX cancellation_events_people ON cancellation.cancellation_events (notification_id)
    WHERE topic LIKE 'people.%';
