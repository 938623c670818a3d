CREATE TABLE notifier.voucher_budgets (
    budget text PRIMARY KEY,
    drawn_minor bigint NOT NULL CHECK (drawn_minor >= 0)
);
CREATE TABLE notifier.vouchers (
    voucher_id uuid PRIMARY KEY,
    budget text NOT NULL REFERENCES notifier.voucher_budgets,
    amount_minor bigint NOT NULL,
    drawn_at timestamptz NOT NULL DEFAULT now()
);
