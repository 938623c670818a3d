-- Movements of every kind, per article and location; levels are their sums.
DROP VIEW inventory.stock_returned;

ALTER TABLE inventory.stock_movements
    DROP CONSTRAINT stock_movements_kind_check,
    ALTER COLUMN quantity TYPE bigint,
    ALTER COLUMN order_id DROP NOT NULL,
    ALTER COLUMN line_id DROP NOT NULL,
    ALTER COLUMN cancellation_id DROP NOT NULL,
    ADD COLUMN location text NOT NULL DEFAULT '',
    ADD COLUMN on_hand bigint NOT NULL DEFAULT 0,
    ADD COLUMN reserved bigint NOT NULL DEFAULT 0,
    ADD COLUMN request_id uuid,
    ADD COLUMN reason text,
    ADD COLUMN actor text,
    ADD CONSTRAINT stock_movements_kind_check CHECK (
        kind IN ('ALLOCATION', 'RELEASE', 'SALE', 'CANCELLATION', 'RETURN', 'ADJUSTMENT')
    );

-- What they put back had never been taken from these sums.
UPDATE inventory.stock_movements SET reason = 'BEFORE_LEDGER';

CREATE INDEX stock_movements_level ON inventory.stock_movements (sku, location, recorded_at);

CREATE VIEW inventory.stock_levels AS
    SELECT sku, location,
        sum(on_hand)::bigint AS on_hand,
        sum(reserved)::bigint AS reserved,
        sum(on_hand - reserved)::bigint AS available,
        count(*) AS movement_count,
        max(recorded_at) AS moved_at
    FROM inventory.stock_movements GROUP BY sku, location;

CREATE OR REPLACE FUNCTION inventory.write_along(rows json) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO inventory.stock_movements
        (movement_id, kind, order_id, line_id, sku, location, quantity, on_hand, reserved,
        cancellation_id, request_id, reason, actor, recorded_at)
    SELECT movement_id, kind, order_id, line_id, sku, coalesce(location, ''), quantity, on_hand,
        reserved, cancellation_id, request_id, reason, actor, recorded_at
    FROM json_to_recordset(rows) AS r(
        movement_id uuid, kind text, order_id text, line_id text, sku text, location text,
        quantity bigint, on_hand bigint, reserved bigint, cancellation_id uuid, request_id uuid,
        reason text, actor text, recorded_at timestamptz)
    $$;
