-- What is owed, by source; and what was committed to it: the verdict about the files that were given beside a statement.

ALTER TABLE ledger.liabilities ADD COLUMN source text NOT NULL DEFAULT 'customer'
    CHECK (source IN ('customer', 'insurance-fund', 'margin'));
ALTER TABLE ledger.liabilities DROP CONSTRAINT liabilities_statement_id_asset_key;
ALTER TABLE ledger.liabilities ADD UNIQUE (statement_id, asset, source);

-- The sources that are under the root of the statement's commitment.
ALTER TABLE ledger.statements ADD COLUMN covers text[] NOT NULL DEFAULT '{customer,insurance-fund,margin}';

CREATE TABLE ledger.commitment_verdicts (
    verdict_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    statement_id int NOT NULL REFERENCES ledger.statements,
    files_sha256 text NOT NULL, -- over the names and contents of all files
    files int NOT NULL CHECK (files > 0),
    scheme text NOT NULL,
    version text NOT NULL,
    root_found text,
    root_published text,
    anchored text NOT NULL CHECK (anchored IN ('equal', 'different', 'unanchored')),
    leaves bigint CHECK (leaves >= 0),
    valid boolean NOT NULL,
    proven text[] NOT NULL,
    not_proven text[] NOT NULL,
    rejected_count bigint NOT NULL CHECK (rejected_count >= cardinality(rejected_where)),
    rejected_where text[] NOT NULL, -- the first of them
    rejected_reason text[] NOT NULL,
    code_version text NOT NULL,
    made timestamptz NOT NULL DEFAULT now(),
    UNIQUE (statement_id, files_sha256),
    CHECK (cardinality(rejected_where) = cardinality(rejected_reason)),
    CONSTRAINT nothing_rejected_is_valid CHECK (NOT valid OR rejected_count = 0),
    CONSTRAINT anchored_by_two_roots CHECK ((anchored = 'unanchored') = (num_nulls(root_found, root_published) > 0)),
    CONSTRAINT nothing_proven_by_what_fails CHECK (valid OR cardinality(proven) = 0)
);

CREATE TABLE ledger.commitment_totals (
    verdict_id int NOT NULL REFERENCES ledger.commitment_verdicts,
    position int NOT NULL,
    published text NOT NULL,
    asset text, -- config's symbol for it
    scale int CHECK (scale >= 0),
    amount numeric NOT NULL CHECK (amount > '-Infinity' AND amount < 'Infinity' AND amount = trunc(amount)),
    PRIMARY KEY (verdict_id, position)
);

-- A run is about one list, one statement and one verdict about what that statement was committed to.
ALTER TABLE ledger.runs ADD COLUMN verdict_id int REFERENCES ledger.commitment_verdicts;
DROP INDEX ledger.one_unfinished_run;
CREATE UNIQUE INDEX one_unfinished_run ON ledger.runs
    (list_id, COALESCE(statement_id, 0), COALESCE(verdict_id, 0), COALESCE(as_of_wanted, '-infinity'))
    WHERE state <> 'frozen';

-- What stands behind the liabilities of a ratio travels with it (indexer/model/commitments.py).
ALTER TABLE ledger.reserve_ratios ADD COLUMN backing text NOT NULL DEFAULT 'not committed' CHECK (backing IN (
    'committed', 'not committed', 'commitment proves no total', 'commitment unanchored', 'differs from its commitment',
    'commitment failed'
));

DO $$
DECLARE
    named text;
BEGIN
    FOREACH named IN ARRAY ARRAY['commitment_verdicts', 'commitment_totals'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse(%L)', named, 'it is append-only');
    END LOOP;
END $$;
