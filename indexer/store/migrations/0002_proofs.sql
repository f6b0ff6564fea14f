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
