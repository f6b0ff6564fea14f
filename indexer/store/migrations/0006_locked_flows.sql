-- Beside the readings: what an address holds but cannot move at once, and, on chains that can only be read now, what the
-- transfers since the claimed height changed. Both belong to one reading each: (run, pin, lane, line).

CREATE TABLE ledger.locked (
    run_id int NOT NULL,
    pin_no smallint NOT NULL,
    lane smallint NOT NULL,
    line_no int NOT NULL,
    class text NOT NULL CHECK (class IN ('staked', 'unbonding', 'locked')),
    amount ledger.base_units NOT NULL CHECK (amount > 0),
    PRIMARY KEY (run_id, pin_no, lane, line_no, class),
    FOREIGN KEY (run_id, pin_no) REFERENCES ledger.pins
);

CREATE TABLE ledger.flows (
    run_id int NOT NULL,
    pin_no smallint NOT NULL,
    lane smallint NOT NULL,
    line_no int NOT NULL,
    provider_id int NOT NULL,
    -- Net change after the pin's claimed height, up to the block of the reading.
    amount numeric(79, 0) CHECK (
        abs(amount) < 115792089237316195423570985008687907853269984665640564039457584007913129639936
    ),
    -- The reading less that: beside it, so that nothing has to look for the reading again.
    explained numeric(79, 0),
    reason text CHECK (reason <> ''),
    PRIMARY KEY (run_id, pin_no, lane, line_no),
    FOREIGN KEY (run_id, pin_no) REFERENCES ledger.pins,
    CONSTRAINT amount_or_reason CHECK (num_nonnulls(amount, reason) = 1 AND (amount IS NULL) = (explained IS NULL))
);

DO $$
DECLARE
    named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['locked', 'flows'] LOOP
        EXECUTE format('CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON ledger.%I '
            'FOR EACH ROW EXECUTE FUNCTION ledger.refuse_if_frozen()', named);
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse(%L)', named, 'it is append-only');
    END LOOP;
END $$;
