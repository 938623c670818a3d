"""The tables of an audit history, as SQL for a service's migrations."""

from kit import tables


def audit_schema(service: str) -> str:
    """Return the schema of a service's audit history."""
    return f"{service}_audit"


def audit_history(service: str) -> list[str]:
    """Return the links, the roots and the cursor, in a schema of their own."""
    schema = audit_schema(service)
    return [
        f"CREATE SCHEMA {schema}",
        f"""CREATE TABLE {schema}.entries (
            stream_id uuid NOT NULL,
            version bigint NOT NULL,
            position bigint NOT NULL,
            link bytea NOT NULL,
            PRIMARY KEY (stream_id, version),
            UNIQUE (position)
        )""",
        f"""CREATE TABLE {schema}.roots (
            period bigint PRIMARY KEY,
            first_position bigint NOT NULL,
            last_position bigint NOT NULL UNIQUE,
            entry_count bigint NOT NULL,
            tree bytea NOT NULL,
            previous bytea NOT NULL,
            closed_at timestamptz NOT NULL,
            public_key bytea NOT NULL,
            signature bytea NOT NULL
        )""",
        f"""CREATE FUNCTION {schema}.refuse_rewriting_roots() RETURNS trigger
            LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'signed roots are append-only: % refused', TG_OP;
            END $$""",
        f"""CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.roots
            FOR EACH STATEMENT EXECUTE FUNCTION {schema}.refuse_rewriting_roots()""",
        *tables.projection_cursors(schema),
        *tables.projection_versions(schema),
    ]
