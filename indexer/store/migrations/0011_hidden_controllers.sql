-- One more thing a chain can say of who signed: the account obeys a hash that is not theirs alone, and that may stand for
-- several keys, theirs among them or not.

ALTER TABLE ledger.control_outcomes DROP CONSTRAINT control_outcomes_said_check;
ALTER TABLE ledger.control_outcomes ADD CONSTRAINT control_outcomes_said_check
    CHECK (said IN ('confirmed', 'too few', 'others', 'hidden', 'disputed', 'unread'));
