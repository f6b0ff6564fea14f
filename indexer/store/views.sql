-- Every view: the one home of row status, and what analysts see. All are made anew whenever this file changes
-- (indexer/store/migrate.py); tables belong in a numbered migration.

-- Per reading: what it says is locked, as a sum and by class.
CREATE VIEW ledger.locked_sums AS
SELECT run_id, pin_no, lane, line_no, sum(amount) AS amount,
    string_agg(class || ' ' || amount, ', ' ORDER BY class) AS said
FROM ledger.locked
GROUP BY run_id, pin_no, lane, line_no;

-- Per (run, line): what its witnesses said under the pin that stands. A reading is of the pinned block, or, on a chain
-- that can only be read now and that was asked about now (a live pin), of a later one.
CREATE VIEW ledger.witnessed AS
SELECT
    d.run_id,
    d.line_no,
    count(*) AS readings,
    count(d.amount) AS amounts,
    min(d.amount) AS low,
    max(d.amount) AS high,
    bool_and(d.amount IS NULL OR CASE
        WHEN p.live THEN b.height >= p.height
        ELSE p.problem = '' AND b.height = p.height AND b.hash = p.hash
    END) AS pinned,
    min(d.block_id) = max(d.block_id) AS same_block,
    max(d.block_id) AS block_id,
    min(d.reason || COALESCE(': ' || NULLIF(d.detail, ''), '')) AS failure,
    COALESCE(max(k.amount), 0) AS locked,
    count(k.said) IN (0, count(d.amount)) AND min(k.said) IS NOT DISTINCT FROM max(k.said) AS locked_alike,
    max(k.said) AS locked_said,
    CASE WHEN count(k.said) < count(d.amount) THEN 'nothing' ELSE min(k.said) END AS locked_else
FROM ledger.readings d
JOIN ledger.pins p ON p.run_id = d.run_id AND p.pin_no = d.pin_no AND p.voided IS NULL
JOIN ledger.blocks b ON b.block_id = d.block_id
LEFT JOIN ledger.locked_sums k
    ON k.run_id = d.run_id AND k.pin_no = d.pin_no AND k.lane = d.lane AND k.line_no = d.line_no
GROUP BY d.run_id, d.line_no;

-- Per (run, line): what was held at the claimed height, by the transfers since and each witness's own later reading. And
-- by how much a reading before it, the transfers since that one and the later reading miss each other: ``gap`` is what
-- was received and is in no transfer (below 0: was spent).
CREATE VIEW ledger.followed AS
SELECT f.run_id, f.line_no,
    count(*) FILTER (WHERE s.claim) AS flows,
    min(f.explained) FILTER (WHERE s.claim) AS low,
    max(f.explained) FILTER (WHERE s.claim) AS high,
    min(f.reason) FILTER (WHERE s.claim) AS failure,
    count(f.explained) FILTER (WHERE s.before) AS tied,
    min(f.explained - a.amount) FILTER (WHERE s.before) AS gap_low,
    max(f.explained - a.amount) FILTER (WHERE s.before) AS gap_high,
    min(f.reason) FILTER (WHERE s.before) AS untied
FROM ledger.flows f
JOIN ledger.pins p ON p.run_id = f.run_id AND p.pin_no = f.pin_no AND p.voided IS NULL
LEFT JOIN ledger.readings_before a ON a.run_id = f.run_id AND a.pin_no = f.pin_no AND a.line_no = f.line_no
CROSS JOIN LATERAL (
    SELECT f.since = COALESCE(p.height_claimed, p.height_wanted) AS claim, f.since = a.height AS before
) s
GROUP BY f.run_id, f.line_no;

-- Every line of every run that is no duplicate, with its status. In this order:
--   rejected, unsupported  before anything was asked
--   unavailable            excluded, not pinned, not yet read by every witness, or read by none
--   unpinned               an amount is of another block than the one claimed; or, on a live pin, amounts differ that are
--                          of different blocks, which contradicts nobody
--   disputed               witnesses differ, or some have an amount and some a failure, or another amount is proven or
--                          was read by a second source
--   observed               read alike, and the line claims no amount
--   verified, mismatch     read alike, and as claimed or not
-- Locked coins (staked, unbonding, locked) count where the claim exceeds the liquid amount: observed is liquid + locked
-- there, and the liquid amount everywhere else; verified is what claims exactly one of the two.
-- An unpinned row whose transfers since the claimed height were followed stays unpinned; ``explained`` is what they say
-- was held there, ``residue`` what the claim has more (or less) than that. ``explained_before`` and ``residue_before`` are
-- the same from the other side: from the reading before and the transfers between it and the claimed height.
-- Filter by run_id and list_id both: the partitions are then known when the query is planned.
CREATE VIEW ledger.row_results AS
SELECT
    r.run_id, l.list_id, l.line_no, l.instrument_no, l.address, l.height, l.claimed, l.kind, l.excerpt,
    i.asset, i.chain, i.instrument, i.decimals, i.scale,
    p.pin_no, p.height AS pin_height, p.hash AS pin_hash, p.time AS pin_time,
    w.block_id, w.low, w.high, w.locked,
    s.status,
    CASE WHEN s.status IN ('verified', 'mismatch', 'observed') THEN w.low + c.locked END AS observed,
    e.explained,
    l.claimed - e.explained - CASE WHEN l.claimed > e.explained THEN w.locked ELSE 0 END AS residue,
    n.of_run AS before_run, n.height AS before_height,
    g.explained AS explained_before,
    l.claimed - g.explained - CASE WHEN l.claimed > g.explained THEN w.locked ELSE 0 END AS residue_before,
    CASE s.status
        WHEN 'rejected' THEN l.rejected || COALESCE(': ' || NULLIF(l.detail, ''), '')
        WHEN 'unsupported' THEN i.unsupported
        WHEN 'unpinned' THEN CASE
            WHEN p.problem <> '' THEN p.problem
            WHEN w.low <> w.high THEN 'witnesses say ' || w.low || ' and ' || w.high || ', each at a block of its own'
            WHEN w.pinned THEN 'witnesses, each at a block of its own, differ on what is locked'
            ELSE 'read at another block than the pinned one'
        END || COALESCE('; transfers since could not be followed: ' || f.failure, '')
            || COALESCE('; the reading before, at ' || n.height || ', is not tied to it: ' || COALESCE(
                n.reason, f.untied, CASE WHEN f.gap_low <> f.gap_high THEN 'witnesses list different transfers' END
            ), '')
        WHEN 'disputed' THEN
            CASE WHEN w.amounts < w.readings OR w.low <> w.high
                THEN 'witnesses say ' || w.low || ' and ' || COALESCE(w.failure, w.high::text)
                WHEN NOT w.locked_alike THEN 'witnesses say locked: ' || w.locked_said || ' and ' || w.locked_else
                ELSE 'read as ' || w.low
            END || COALESCE(', proven to be ' || q.amount, '')
                || CASE WHEN a.amount <> w.low THEN ', read again by ' || a.provider || ' as ' || a.amount ELSE '' END
        WHEN 'unavailable' THEN CASE
            WHEN x.reason IS NOT NULL THEN x.reason
            WHEN p.pin_no IS NULL THEN 'not planned yet'
            WHEN p.hash IS NULL THEN p.problem
            WHEN w.readings IS NULL THEN 'not read yet'
            WHEN w.readings < p.lanes THEN 'read by ' || w.readings || ' of ' || p.lanes || ' witnesses so far'
            ELSE w.failure
        END
        WHEN 'mismatch' THEN COALESCE('liquid ' || w.low || ', ' || w.locked_said, '')
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
LEFT JOIN ledger.followed f ON f.run_id = r.run_id AND f.line_no = l.line_no
LEFT JOIN ledger.readings_before n ON n.run_id = r.run_id AND n.pin_no = p.pin_no AND n.line_no = l.line_no
LEFT JOIN ledger.proof_outcomes q ON q.run_id = r.run_id AND q.pin_no = p.pin_no AND q.line_no = l.line_no
LEFT JOIN ledger.cross_checks a ON a.run_id = r.run_id AND a.pin_no = p.pin_no AND a.line_no = l.line_no
CROSS JOIN LATERAL (SELECT CASE
    WHEN l.rejected IS NOT NULL THEN 'rejected'
    WHEN i.unsupported IS NOT NULL THEN 'unsupported'
    WHEN x.reason IS NOT NULL OR p.hash IS NULL THEN 'unavailable'
    WHEN w.readings IS NULL OR w.readings < p.lanes OR w.amounts = 0 THEN 'unavailable'
    WHEN NOT w.pinned OR ((w.low <> w.high OR NOT w.locked_alike) AND NOT w.same_block) THEN 'unpinned'
    WHEN w.amounts < w.readings OR w.low <> w.high OR NOT w.locked_alike OR q.amount <> w.low
        OR a.amount <> w.low THEN 'disputed'
    WHEN l.claimed IS NULL THEN 'observed'
    WHEN l.claimed IN (w.low, w.low + w.locked) THEN 'verified'
    ELSE 'mismatch'
END AS status) s
CROSS JOIN LATERAL (SELECT CASE WHEN l.claimed > w.low THEN w.locked ELSE 0 END AS locked) c
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN s.status = 'unpinned' AND f.flows = w.amounts AND f.failure IS NULL AND f.low = f.high THEN f.low
    END AS explained
) e
CROSS JOIN LATERAL (
    SELECT CASE WHEN f.tied = w.amounts AND f.gap_low = f.gap_high THEN e.explained - f.gap_low END AS explained
) g;

-- What is locked of every row that was read, by class, as the first witness says. ``counted`` is the part of it that is
-- in the row's observed amount. Results are worked out run by run, each row's once: joined to them row by row, this
-- was quadratic.
CREATE VIEW ledger.row_locked AS
SELECT r.run_id, r.list_id, k.*
FROM ledger.runs r
CROSS JOIN LATERAL (
    WITH s AS MATERIALIZED (
        SELECT pin_no, line_no, instrument_no, asset, chain, instrument, address, decimals, scale, status, low, observed
        FROM ledger.row_results WHERE run_id = r.run_id AND list_id = r.list_id
    )
    SELECT s.line_no, s.instrument_no, s.asset, s.chain, s.instrument, s.address, s.decimals, s.scale, s.status,
        k.class, k.amount, CASE WHEN s.observed > s.low THEN k.amount ELSE 0 END AS counted
    FROM s JOIN ledger.locked k ON k.run_id = r.run_id AND k.pin_no = s.pin_no AND k.line_no = s.line_no AND k.lane = (
        SELECT min(o.lane) FROM ledger.locked o
        WHERE o.run_id = k.run_id AND o.pin_no = k.pin_no AND o.line_no = k.line_no
    )
) k;

-- Per (run, line): whose it is. What the chain said stands before what the signatures left open; only rows whose
-- signatures hold are asked about. Where the chain names others, what the row publishes does not hold.
CREATE VIEW ledger.row_ownership AS
SELECT v.run_id, v.line_no, v.scheme,
    CASE c.said
        WHEN 'confirmed' THEN 'owned'
        WHEN 'others' THEN 'bad signature'
        ELSE CASE WHEN c.said IS NULL THEN v.verdict ELSE 'owner-signed' END
    END AS verdict,
    CASE WHEN c.said IS NULL THEN v.detail ELSE v.detail || '; on chain: ' || c.detail END AS detail,
    c.said, c.providers
FROM ledger.signature_verdicts v
LEFT JOIN (
    SELECT c.* FROM ledger.control_outcomes c JOIN ledger.pins p USING (run_id, pin_no) WHERE p.voided IS NULL
) c ON c.run_id = v.run_id AND c.line_no = v.line_no;

CREATE VIEW assay.snapshots AS
SELECT r.run_id, r.exchange, r.as_of, r.state, r.created AS created_at, r.frozen AS published_at, r.readings_digest,
    r.code_version, r.quorum, l.list_id, l.name AS list_name, l.sha256 AS list_sha256, l.format AS list_format,
    l.lines, l.accepted, l.rejected, l.duplicates, s.statement_id, s.name AS statement_name,
    s.sha256 AS statement_sha256, s.as_of AS liabilities_as_of, s.scheme AS commitment_scheme,
    s.root AS commitment_root, r.verdict_id
FROM ledger.runs r
JOIN ledger.lists l USING (list_id)
LEFT JOIN ledger.statements s USING (statement_id);

CREATE VIEW assay.reserve_claims AS
SELECT l.list_id, t.exchange, t.name AS list_name, l.line_no, i.asset, i.chain AS blockchain,
    i.instrument AS token_address, l.address, l.claimed AS claimed_raw, l.claimed_text, i.decimals,
    l.height AS block_number, l.kind, l.duplicate_of, i.unsupported, l.rejected,
    l.detail AS rejected_detail, l.excerpt AS rejected_excerpt
FROM ledger.lines l
JOIN ledger.lists t USING (list_id)
LEFT JOIN ledger.instruments i USING (list_id, instrument_no);

CREATE VIEW assay.balances AS
SELECT s.run_id, s.list_id, s.line_no, s.asset, s.chain AS blockchain, s.instrument AS token_address, s.address,
    s.observed AS balance_raw, s.claimed AS claimed_raw, s.decimals, b.height AS block_number, b.hash AS block_hash,
    b.time AS block_time, s.status, s.reason, s.explained AS explained_raw, s.residue AS residue_raw,
    s.before_run, s.before_height, s.explained_before AS explained_before_raw, s.residue_before AS residue_before_raw
FROM ledger.row_results s
JOIN ledger.runs r ON r.run_id = s.run_id AND r.state = 'frozen'
LEFT JOIN ledger.blocks b ON b.block_id = s.block_id
WHERE s.status <> 'rejected';

CREATE VIEW assay.locked_balances AS
SELECT s.run_id, s.list_id, s.line_no, s.asset, s.chain AS blockchain, s.instrument AS token_address, s.address,
    s.class AS liquidity, s.amount AS locked_raw, s.counted AS counted_raw, s.decimals, s.status
FROM ledger.row_locked s
JOIN ledger.runs r ON r.run_id = s.run_id AND r.state = 'frozen';

CREATE VIEW assay.asset_totals AS
SELECT t.*, NULL::text AS blockchain
FROM ledger.asset_totals t JOIN ledger.runs r USING (run_id) WHERE r.state = 'frozen'
UNION ALL
SELECT t.* FROM ledger.network_totals t JOIN ledger.runs r USING (run_id) WHERE r.state = 'frozen';

-- A ratio is one of a single moment only where the liabilities are of the time at which the balances were read.
CREATE VIEW assay.reserve_ratios AS
SELECT q.run_id, r.exchange, r.as_of, q.asset, q.scale, q.liabilities, q.attested, q.low_ppm, q.high_ppm, q.attested_low_ppm,
    q.attested_high_ppm, t.complete, q.backing, s.as_of AS liabilities_as_of, p.first_block AS balances_from,
    p.last_block AS balances_to
FROM ledger.reserve_ratios q
JOIN ledger.asset_totals t USING (run_id, asset)
JOIN ledger.runs r USING (run_id)
LEFT JOIN ledger.statements s USING (statement_id)
LEFT JOIN (
    SELECT run_id, min(time) AS first_block, max(time) AS last_block FROM ledger.pins WHERE voided IS NULL GROUP BY run_id
) p USING (run_id)
WHERE r.state = 'frozen';

-- Every statement ever published, restatements of one month side by side, asset by asset and source by source. A
-- statement that leaves its totals to its commitment has them in assay.commitment_totals.
CREATE VIEW assay.liabilities AS
SELECT s.statement_id, s.exchange, s.name AS statement_name, s.sha256 AS statement_sha256, s.as_of,
    to_char(s.as_of AT TIME ZONE 'UTC', 'YYYY-MM') AS month,
    CASE WHEN s.as_of IS NOT NULL THEN dense_rank() OVER (
        PARTITION BY s.exchange, date_trunc('month', s.as_of AT TIME ZONE 'UTC') ORDER BY s.statement_id
    ) END AS publication, -- 1 is the first for that month, 2 its restatement
    l.asset, l.source, l.scale, l.amount AS amount_raw, l.attested AS attested_raw, l.custodian,
    l.source = ANY (s.covers) AND s.root <> '' AS committed, s.imported
FROM ledger.statements s JOIN ledger.liabilities l USING (statement_id);

CREATE VIEW assay.commitments AS
SELECT v.verdict_id, v.statement_id, s.exchange, s.name AS statement_name, s.as_of, v.files_sha256, v.files, v.scheme,
    v.version, v.root_found, v.root_published, v.anchored, v.leaves, v.valid, v.proven, v.not_proven, v.rejected_count,
    v.rejected_where, v.rejected_reason, v.code_version, v.made
FROM ledger.commitment_verdicts v JOIN ledger.statements s USING (statement_id);

CREATE VIEW assay.commitment_totals AS
SELECT t.verdict_id, t.published, t.asset, t.scale, t.amount AS amount_raw FROM ledger.commitment_totals t;

CREATE VIEW assay.findings AS
SELECT finding_id, list_id, statement_id, run_id, severity, kind, detail, line_no FROM ledger.findings;

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

CREATE VIEW assay.cross_checks AS
SELECT c.run_id, r.list_id, c.line_no, i.asset, i.chain AS blockchain, l.address, c.amount AS read_again_raw, i.decimals,
    p.height AS block_number, p.hash AS block_hash, c.provider, c.operator, c.reason, c.seed
FROM ledger.cross_checks c
JOIN ledger.runs r ON r.run_id = c.run_id AND r.state = 'frozen'
JOIN ledger.pins p ON p.run_id = c.run_id AND p.pin_no = c.pin_no AND p.voided IS NULL
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = c.line_no
JOIN ledger.instruments i ON i.list_id = r.list_id AND i.instrument_no = l.instrument_no;

CREATE VIEW assay.ownership AS
SELECT o.run_id, r.list_id, o.line_no, i.asset, i.chain AS blockchain, i.instrument AS token_address, l.address,
    l.claimed AS claimed_raw, i.decimals, o.verdict, o.verdict = ANY(c.counts) OR c.signed = 0 AS counts, o.scheme,
    o.detail, o.said AS on_chain, o.providers
FROM ledger.row_ownership o
JOIN ledger.runs r ON r.run_id = o.run_id AND r.state = 'frozen'
JOIN ledger.signature_checks c ON c.run_id = o.run_id
JOIN ledger.lines l ON l.list_id = r.list_id AND l.line_no = o.line_no AND l.duplicate_of IS NULL
LEFT JOIN ledger.instruments i ON i.list_id = r.list_id AND i.instrument_no = l.instrument_no;
