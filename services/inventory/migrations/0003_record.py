"""The functions that write a batch in one round trip, stock movements included."""

from yoyo import step

from kit import tables

WRITE_MOVEMENTS = """CREATE FUNCTION inventory.write_along(rows json) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO inventory.stock_movements
        (movement_id, kind, order_id, line_id, sku, quantity, cancellation_id, recorded_at)
    SELECT movement_id, 'CANCELLATION', order_id, line_id, sku, quantity, cancellation_id,
        recorded_at
    FROM json_to_recordset(rows) AS r(
        movement_id uuid, order_id text, line_id text, sku text, quantity integer,
        cancellation_id uuid, recorded_at timestamptz)
    $$"""

steps = [step(statement) for statement in (WRITE_MOVEMENTS, *tables.recording("inventory"))]
