"""Replays plans of random files against the messages alone, knowing nothing of the matcher."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.orders import OrderPlaced

CHARGES = {"POST"}
MATCHABLE = {"A1", "B2", "POST"}
items = st.tuples(
    st.sampled_from(["A1", "a1", "B2", "B2", "POST", "D", "TEST001"]),
    st.integers(1, 4),
    st.sampled_from(["0.0", "0.001", "1.00", "2.50"]),
    st.integers(0, 9),
)
invoices = st.tuples(
    st.sampled_from(["", "C"]),
    st.integers(0, 3),
    st.sampled_from(["1", "1", "1", "2", ""]),
    st.lists(items, min_size=1, max_size=4),
)


class Replay:
    """What a shop would know after the facts: units left per line, per order."""

    def __init__(self, plan):
        placed = [f.message for f in plan.facts if isinstance(f.message, OrderPlaced)]
        self.orders = {order.order_id: order for order in placed}
        self.left = {(o.order_id, each.line_id): each.quantity for o in placed for each in o.lines}

    def line(self, order_id, line_id):
        return next(line for line in self.orders[order_id].lines if line.line_id == line_id)

    def holds(self, order, demand):
        for (sku, price), units in demand.items():
            left = sum(
                self.left[order.order_id, line.line_id]
                for line in order.lines
                if line.sku == sku and (sku not in CHARGES or line.unit_price_minor == price)
            )
            if left < units:
                return False
        return True

    def earlier(self, credit):
        """Return the customer's orders before this `C` invoice, newest first."""
        number = int(credit["invoice"][1:])
        orders = [
            order
            for order in self.orders.values()
            if order.customer
            and order.customer.customer_id == credit["customer_id"]
            and (order.placed_at.minute, int(order.order_id)) < (credit["minute"], number)
        ]
        return sorted(orders, key=lambda o: (o.placed_at, int(o.order_id)), reverse=True)


def _demand(rows):
    demand = Counter()
    for sku, units, price in rows:
        demand[sku, price if sku in CHARGES else None] += units
    return demand


def _write(row, drawn):
    """Return the file's rows, and the `C` invoices among them, oldest first."""
    lines, c_invoices = [], []
    for number, (prefix, minute, customer, drawn_items) in enumerate(drawn, start=1):
        invoice = f"{prefix}{number}"
        wanted = []
        for code, units, price, chance in drawn_items:
            # One row in ten has the wrong sign: a stock correction or a positive `C` row.
            sign = -1 if (prefix == "C") != (chance == 0) else 1
            lines.append(
                row(
                    invoice=invoice,
                    stock_code=code,
                    quantity=sign * units,
                    price=price,
                    customer_id=customer,
                    invoice_date=f"2010-01-01T10:{minute:02}:00",
                )
            )
            minor = {"0.0": 0, "0.001": 0, "1.00": 100, "2.50": 250}[price]
            wanted.append((code.upper(), sign * units, minor))
        if prefix:
            c_invoices.append(
                {"invoice": invoice, "minute": minute, "customer_id": customer, "rows": wanted}
            )
    return lines, sorted(c_invoices, key=lambda c: (c["minute"], int(c["invoice"][1:])))


@settings(max_examples=300, deadline=None)
@given(drawn=st.lists(invoices, min_size=3, max_size=12))
def test_no_line_is_cancelled_beyond_its_quantity_and_no_c_row_is_lost(plan_of, row, drawn):
    lines, c_invoices = _write(row, drawn)
    plan = plan_of(*lines)
    replay = Replay(plan)
    report = plan.report
    assert report.rows_read == report.rows_accounted == len(lines)

    commands = {}
    for command in plan.commands:
        invoice = command.message_id.split("-")[1]
        commands.setdefault(invoice, []).append(command.message)
    unmatched = {}
    for each in report.unmatched:
        unmatched.setdefault(each.row.invoice, []).append(each)

    for credit in c_invoices:
        invoice = credit["invoice"]
        missed = unmatched.pop(invoice, [])
        asked = commands.pop(invoice, [])
        earlier = replay.earlier(credit)
        due = [(s, -u, p) for s, u, p in credit["rows"] if u < 0 and s in MATCHABLE]
        _check_choice(replay, earlier, _demand(due), asked)
        given_back = _apply(replay, asked)
        _check_nothing_lost(credit, given_back, missed)
        for each in missed:
            if each.reason in {"QUANTITY_NOT_LEFT", "QUANTITY_NEVER_BOUGHT", "CHARGE_DIFFERS"}:
                r = each.row
                demand = _demand([(r.article.sku, -r.quantity, r.price.minor)])
                assert not any(replay.holds(order, demand) for order in earlier)
    assert commands == {}
    assert unmatched == {}


def _check_choice(replay, earlier, demand, asked):
    """The whole `C` invoice goes to the newest order that holds it, if there is one."""
    newest = next((order for order in earlier if replay.holds(order, demand)), None)
    chosen = [command.order_id for command in asked]
    assert set(chosen) <= {order.order_id for order in earlier}
    assert len(set(chosen)) == len(chosen)
    if demand and newest:
        assert chosen == [newest.order_id]


def _apply(replay, asked):
    given_back = Counter()
    for command in asked:
        assert len({line.line_id for line in command.lines}) == len(command.lines)
        for line in command.lines:
            replay.left[command.order_id, line.line_id] -= line.quantity
            assert replay.left[command.order_id, line.line_id] >= 0
            given_back[replay.line(command.order_id, line.line_id).sku] += line.quantity
    return given_back


def _check_nothing_lost(credit, given_back, missed):
    for sku, units in Counter(m.row.article.sku for m in missed if m.row.quantity > 0).items():
        assert units == sum(1 for s, u, _ in credit["rows"] if s == sku and u > 0)
    wanted = Counter()
    for sku, units, _ in credit["rows"]:
        wanted[sku] += max(-units, 0)
    for each in missed:
        given_back[each.row.article.sku] += max(-each.row.quantity, 0)
    assert +wanted == +given_back
    positive = sum(1 for _, units, _ in credit["rows"] if units > 0)
    assert positive == sum(1 for each in missed if each.reason == "POSITIVE_QUANTITY")


@settings(max_examples=50, deadline=None)
@given(drawn=st.lists(invoices, min_size=1, max_size=8))
def test_the_same_rows_always_give_the_same_plan(plan_of, row, drawn):
    lines, _ = _write(row, drawn)
    first, second = plan_of(*lines), plan_of(*lines)
    assert list(first.facts) == list(second.facts)
    assert first.commands == second.commands
    assert first.report.to_json() == second.report.to_json()
