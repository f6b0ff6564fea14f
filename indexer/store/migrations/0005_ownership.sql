-- Who owns what was published: the verdict on each row's signatures, and what the chains say of its controllers.

-- Written in chunks in the order of the list; the highest line is where a killed check goes on.
CREATE TABLE ledger.signature_verdicts (
    run_id int NOT NULL,
    line_no int NOT NULL CHECK (line_no > 0),
    verdict text NOT NULL CHECK (
        verdict IN ('owned', 'owner-signed', 'bad signature', 'unsigned', 'unsupported scheme')
    ),
    scheme text NOT NULL,
    detail text NOT NULL,
    missing text NOT NULL, -- what the chain still has to say; '' where the signatures say it all
    signers text NOT NULL, -- those whom it would have to name (chains/controllers.py), separated by a space
    PRIMARY KEY (run_id, line_no),
    CHECK ((missing = '') = (signers = '') AND (missing = '' OR verdict IN ('owned', 'owner-signed')))
);

CREATE TABLE ledger.signed_messages (
    run_id int NOT NULL REFERENCES ledger.runs,
    position int NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (run_id, position)
);

-- The end of a check: from here on the verdicts of the run are whole, and what counts is decided.
CREATE TABLE ledger.signature_checks (
    run_id int PRIMARY KEY REFERENCES ledger.runs,
    rows int NOT NULL CHECK (rows >= 0),
    signed int NOT NULL CHECK (signed >= 0 AND signed <= rows), -- rows that publish a signature
    counts text[] NOT NULL CHECK (cardinality(counts) > 0) -- verdicts that count toward the reserve, by policy
);

-- What the chain said of an address whose signatures left something open, at the pinned block.
CREATE TABLE ledger.control_outcomes (
    run_id int NOT NULL,
    pin_no smallint NOT NULL,
    line_no int NOT NULL,
    said text NOT NULL CHECK (said IN ('confirmed', 'too few', 'others', 'disputed', 'unread')),
    detail text NOT NULL CHECK (detail <> ''),
    providers text NOT NULL,
    PRIMARY KEY (run_id, pin_no, line_no),
    FOREIGN KEY (run_id, pin_no) REFERENCES ledger.pins,
    FOREIGN KEY (run_id, line_no) REFERENCES ledger.signature_verdicts
);

-- Verdicts of a check that has ended do not change, nor do those of a published run.
CREATE FUNCTION ledger.refuse_if_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM ledger.signature_checks c WHERE c.run_id = OLD.run_id) THEN
        RAISE EXCEPTION '% of ledger.% is refused: the signatures of run % are checked', TG_OP, TG_TABLE_NAME, OLD.run_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;

-- COPY fires row triggers, so this one looks at the first row of a statement only.
CREATE FUNCTION ledger.refuse_late_verdicts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT run_id FROM written LIMIT 1) w
        LEFT JOIN ledger.signature_checks c USING (run_id) LEFT JOIN ledger.runs r USING (run_id)
        WHERE c.run_id IS NOT NULL OR r.run_id IS NULL OR r.state = 'frozen'
    ) THEN
        RAISE EXCEPTION 'INSERT into ledger.signature_verdicts is refused: the signatures of that run are checked'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER in_time AFTER INSERT ON ledger.signature_verdicts
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_late_verdicts();
CREATE TRIGGER kept BEFORE UPDATE OR TRUNCATE ON ledger.signature_verdicts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse('verdicts do not change');
CREATE TRIGGER unchecked BEFORE DELETE ON ledger.signature_verdicts
    FOR EACH ROW EXECUTE FUNCTION ledger.refuse_if_checked();

DO $$
DECLARE
    named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['signed_messages', 'signature_checks', 'control_outcomes'] LOOP
        EXECUTE format('CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON ledger.%I '
            'FOR EACH ROW EXECUTE FUNCTION ledger.refuse_if_frozen()', named);
    END LOOP;
    FOREACH named IN ARRAY ARRAY['signature_checks', 'control_outcomes'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse(%L)', named, 'it is append-only');
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION ledger.refuse_if_checked(), ledger.refuse_late_verdicts() FROM PUBLIC;
