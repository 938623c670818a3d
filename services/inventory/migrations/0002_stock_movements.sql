CREATE TABLE inventory.stock_movements (
    movement_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('CANCELLATION')),
    order_id text NOT NULL,
    line_id text NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    cancellation_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE VIEW inventory.stock_returned AS
    SELECT sku, sum(quantity)::bigint AS quantity, count(*) AS movement_count
    FROM inventory.stock_movements GROUP BY sku;
