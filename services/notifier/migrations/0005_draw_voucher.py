"""Draws a voucher, or says that the budget is used up; the same again is the same voucher."""

from yoyo import step

DRAW = """CREATE FUNCTION notifier.draw_voucher(
        which uuid, of_budget text, worth bigint, budget_minor bigint) RETURNS boolean
    LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO notifier.voucher_budgets (budget, drawn_minor) VALUES (of_budget, 0)
            ON CONFLICT DO NOTHING;
        PERFORM 1 FROM notifier.voucher_budgets b WHERE b.budget = of_budget FOR UPDATE;
        IF EXISTS (SELECT 1 FROM notifier.vouchers v WHERE v.voucher_id = which) THEN
            RETURN true;
        END IF;
        UPDATE notifier.voucher_budgets b SET drawn_minor = b.drawn_minor + worth
            WHERE b.budget = of_budget AND b.drawn_minor + worth <= budget_minor;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        INSERT INTO notifier.vouchers (voucher_id, budget, amount_minor)
            VALUES (which, of_budget, worth);
        RETURN true;
    END $$"""

steps = [step(DRAW)]
