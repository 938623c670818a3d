-- Who somebody is at the identity provider that signs them in; empty for whoever has a
-- password. A person there is one account here.
ALTER TABLE cancellation.people ADD COLUMN issuer text, ADD COLUMN subject text;

CREATE UNIQUE INDEX people_at_provider ON cancellation.people (issuer, subject);
