-- What earlier runs read before a claimed height, and transfers followed from there as well.

-- Where a list names no height but a time is wanted (`--as-of`), and only now can be read: the height of that time.
-- ``before_sought``: earlier runs have been looked through for readings before the height, which happens once.
ALTER TABLE ledger.pins
    ADD COLUMN height_wanted bigint,
    ADD COLUMN before_sought boolean NOT NULL DEFAULT false,
    ADD CHECK (height_wanted IS NULL OR (height_claimed IS NULL AND NOT live));

-- By line: the newest reading of the same holding, of a published run of the same exchange, at or before the height.
CREATE TABLE ledger.readings_before (
    run_id int NOT NULL,
    pin_no smallint NOT NULL,
    line_no int NOT NULL,
    of_run int NOT NULL REFERENCES ledger.runs (run_id),
    height bigint NOT NULL,
    time timestamptz,
    amount ledger.base_units NOT NULL,
    operators text NOT NULL, -- who read it
    reason text CHECK (reason <> ''), -- why transfers are not followed from it
    PRIMARY KEY (run_id, pin_no, line_no),
    FOREIGN KEY (run_id, pin_no) REFERENCES ledger.pins
);

CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON ledger.readings_before
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_if_frozen();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.readings_before
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse('it is append-only');

-- A reading has transfers since several heights: the claimed one, and that of the reading before.
ALTER TABLE ledger.flows ADD COLUMN since bigint;
ALTER TABLE ledger.flows DISABLE TRIGGER USER;
UPDATE ledger.flows f SET since = p.height_claimed
    FROM ledger.pins p WHERE p.run_id = f.run_id AND p.pin_no = f.pin_no;
ALTER TABLE ledger.flows ENABLE TRIGGER USER;
ALTER TABLE ledger.flows
    ALTER COLUMN since SET NOT NULL,
    DROP CONSTRAINT flows_pkey,
    ADD PRIMARY KEY (run_id, pin_no, lane, line_no, since);
