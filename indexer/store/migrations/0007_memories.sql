-- What families keep between runs, and what a second source said of a sample.

-- Bytes of a chain's family, kept so that the next reading goes on from the last one. By operator: no witness may go on
-- from what another one said. Never part of a result: forgetting all of it costs time only.
CREATE TABLE ledger.memories (
    chain text NOT NULL,
    operator text NOT NULL,
    name text NOT NULL,
    value bytea NOT NULL,
    kept timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (chain, operator, name)
);
ALTER TABLE ledger.memories ALTER COLUMN value SET STORAGE EXTERNAL; -- packed already

-- Lines read once more by a source that is no witness of all lines (an explorer answers one address a request), and what
-- it said, or why it did not. Drawn like proofs (indexer/core/sampling.py), after everything was read.
CREATE TABLE ledger.cross_checks (
    run_id int NOT NULL REFERENCES ledger.runs,
    pin_no smallint NOT NULL,
    line_no int NOT NULL,
    seed text NOT NULL CHECK (seed <> ''),
    amount ledger.base_units,
    provider text,
    operator text,
    reason text, -- why it was not checked
    PRIMARY KEY (run_id, pin_no, line_no),
    FOREIGN KEY (run_id, pin_no) REFERENCES ledger.pins,
    CONSTRAINT said_by_somebody CHECK (num_nonnulls(amount, provider, operator) IN (0, 3)),
    CONSTRAINT said_or_reason CHECK (amount IS NULL OR reason IS NULL)
);

CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON ledger.cross_checks
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_if_frozen();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON ledger.cross_checks
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse('what was checked is kept');
