-- Proofs of balances: what was drawn, what was proven, and the proofs themselves, to be verified again by anybody.

-- Where tokens keep balances, as a provider showed it on the state of a block; or why that is not known. The newest
-- line of a token counts; older ones are history.
CREATE TABLE ledger.slot_rules (
    rule_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chain text NOT NULL,
    token text NOT NULL,
    rule text,
    reason text,
    height bigint NOT NULL,
    hash text NOT NULL,
    provider text NOT NULL,
    operator text NOT NULL,
    found timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(rule, reason) = 1)
);
CREATE INDEX ON ledger.slot_rules (chain, token, rule_id);

-- What was chosen to be proven, of all claims of one instrument under one pin. Lines, draws and pool follow from the
-- claims and the seed (indexer/core/sampling.py); ``seed`` is the run's own, the one drawn with is named beside it.
CREATE TABLE ledger.proof_samples (
    run_id int NOT NULL REFERENCES ledger.runs,
    pin_no smallint NOT NULL,
    instrument text NOT NULL,
    asset text NOT NULL,
    decimals int NOT NULL,
    rows int NOT NULL CHECK (rows >= 0), -- claims with an amount
    claimed numeric NOT NULL CHECK (claimed >= 0), -- base units
    seed text NOT NULL CHECK (seed <> ''),
    draws int NOT NULL CHECK (draws >= 0), -- repeats included
    pool numeric NOT NULL CHECK (pool >= 0 AND pool <= claimed), -- base units that were drawn from
    top_lines int[] NOT NULL,
    drawn_lines int[] NOT NULL,
    unproven text, -- why nothing of this can be proven; then nothing was drawn
    PRIMARY KEY (run_id, pin_no, instrument),
    FOREIGN KEY (run_id, pin_no) REFERENCES ledger.pins,
    CHECK (cardinality(top_lines) + cardinality(drawn_lines) <= rows AND NOT top_lines && drawn_lines),
    CHECK (unproven IS NULL OR cardinality(top_lines) + cardinality(drawn_lines) + draws = 0)
);

CREATE TABLE ledger.proofs (
    proof_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id int NOT NULL REFERENCES ledger.runs,
    pin_no smallint NOT NULL,
    block_hash text NOT NULL,
    provider text NOT NULL,
    operator text NOT NULL,
    evidence bytea NOT NULL,
    FOREIGN KEY (run_id, pin_no) REFERENCES ledger.pins
);
CREATE INDEX ON ledger.proofs (run_id);

CREATE TABLE ledger.proof_outcomes (
    run_id int NOT NULL REFERENCES ledger.runs,
    pin_no smallint NOT NULL,
    line_no int NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('proven', 'contradiction', 'not-provable')),
    amount ledger.base_units,
    proof_id bigint REFERENCES ledger.proofs,
    reason text,
    PRIMARY KEY (run_id, pin_no, line_no),
    FOREIGN KEY (run_id, pin_no) REFERENCES ledger.pins,
    CONSTRAINT proven_or_reason CHECK (
        CASE WHEN outcome = 'proven' THEN num_nulls(amount, proof_id) = 0 AND reason IS NULL
            ELSE num_nonnulls(amount, proof_id) = 0 AND reason <> '' AND reason IS NOT NULL
        END
    )
);

DO $$
DECLARE
    named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['proof_samples', 'proofs', 'proof_outcomes'] LOOP
        EXECUTE format('CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON ledger.%I '
            'FOR EACH ROW EXECUTE FUNCTION ledger.refuse_if_frozen()', named);
    END LOOP;
    FOREACH named IN ARRAY ARRAY['slot_rules', 'proof_samples', 'proofs', 'proof_outcomes'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse(%L)', named, 'it is append-only');
    END LOOP;
END $$;

-- As in 0002, and: a row that is read alike, but proven to be another amount, is disputed and carries both.
CREATE OR REPLACE VIEW ledger.row_results AS
SELECT
    r.run_id, l.list_id, l.line_no, l.instrument_no, l.address, l.height, l.claimed, l.kind, l.excerpt,
    i.asset, i.chain, i.instrument, i.decimals, i.scale,
    p.pin_no, p.height AS pin_height, p.hash AS pin_hash, p.time AS pin_time,
    w.block_id, w.low, w.high,
    s.status,
    CASE WHEN s.status IN ('verified', 'mismatch', 'observed') THEN w.low END AS observed,
    CASE s.status
        WHEN 'rejected' THEN l.rejected || COALESCE(': ' || NULLIF(l.detail, ''), '')
        WHEN 'unsupported' THEN i.unsupported
        WHEN 'unpinned' THEN CASE
            WHEN p.problem <> '' THEN p.problem
            WHEN w.pinned THEN 'witnesses say ' || w.low || ' and ' || w.high || ', each at a block of its own'
            ELSE 'read at another block than the pinned one'
        END
        WHEN 'disputed' THEN
            CASE WHEN w.amounts < w.readings OR w.low <> w.high
                THEN 'witnesses say ' || w.low || ' and ' || COALESCE(w.failure, w.high::text)
                ELSE 'read as ' || w.low
            END || COALESCE(', proven to be ' || q.amount, '')
        WHEN 'unavailable' THEN CASE
            WHEN x.reason IS NOT NULL THEN x.reason
            WHEN p.pin_no IS NULL THEN 'not planned yet'
            WHEN p.hash IS NULL THEN p.problem
            WHEN w.readings IS NULL THEN 'not read yet'
            WHEN w.readings < p.lanes THEN 'read by ' || w.readings || ' of ' || p.lanes || ' witnesses so far'
            ELSE w.failure
        END
        ELSE ''
    END AS reason,
    q.amount AS proven
FROM ledger.runs r
JOIN ledger.lines l ON l.list_id = r.list_id AND l.duplicate_of IS NULL
LEFT JOIN ledger.instruments i ON i.list_id = l.list_id AND i.instrument_no = l.instrument_no
LEFT JOIN ledger.exclusions x ON x.run_id = r.run_id AND x.instrument_no = l.instrument_no
LEFT JOIN ledger.pins p ON p.run_id = r.run_id AND p.chain = i.chain AND p.voided IS NULL
    AND COALESCE(p.height_claimed, -1) = COALESCE(l.height, -1)
LEFT JOIN ledger.witnessed w ON w.run_id = r.run_id AND w.line_no = l.line_no
LEFT JOIN ledger.proof_outcomes q ON q.run_id = r.run_id AND q.pin_no = p.pin_no AND q.line_no = l.line_no
CROSS JOIN LATERAL (SELECT CASE
    WHEN l.rejected IS NOT NULL THEN 'rejected'
    WHEN i.unsupported IS NOT NULL THEN 'unsupported'
    WHEN x.reason IS NOT NULL OR p.hash IS NULL THEN 'unavailable'
    WHEN w.readings IS NULL OR w.readings < p.lanes OR w.amounts = 0 THEN 'unavailable'
    WHEN NOT w.pinned OR (w.low <> w.high AND NOT w.same_block) THEN 'unpinned'
    WHEN w.amounts < w.readings OR w.low <> w.high OR q.amount <> w.low THEN 'disputed'
    WHEN l.claimed IS NULL THEN 'observed'
    WHEN l.claimed = w.low THEN 'verified'
    ELSE 'mismatch'
END AS status) s;

CREATE VIEW assay.proofs AS
SELECT q.run_id, r.list_id, q.line_no, i.asset, i.chain AS blockchain, i.instrument AS token_address, l.address,
    l.claimed AS claimed_raw, q.amount AS proven_raw, i.decimals, p.height AS block_number, p.hash AS block_hash,
    p.time AS block_time, q.outcome, q.reason, f.provider, f.operator, q.proof_id
FROM ledger.proof_outcomes q
JOIN ledger.runs r ON r.run_id = q.run_id AND r.state = 'frozen'
JOIN ledger.pins p ON p.run_id = q.run_id AND p.pin_no = q.pin_no AND p.voided IS NULL
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = q.line_no
JOIN ledger.instruments i ON i.list_id = r.list_id AND i.instrument_no = l.instrument_no
LEFT JOIN ledger.proofs f ON f.proof_id = q.proof_id;

CREATE VIEW assay.proof_samples AS
SELECT s.run_id, s.asset, p.chain AS blockchain, s.instrument AS token_address, p.height AS block_number,
    p.hash AS block_hash, s.decimals, s.rows, s.claimed AS claimed_raw, s.seed, s.draws, s.pool AS pool_raw,
    s.top_lines, s.drawn_lines, s.unproven
FROM ledger.proof_samples s
JOIN ledger.runs r ON r.run_id = s.run_id AND r.state = 'frozen'
JOIN ledger.pins p ON p.run_id = s.run_id AND p.pin_no = s.pin_no AND p.voided IS NULL;
