-- Files that a department hands in with what it answers to a rectification order.

CREATE TRIGGER rectification_orders_papers AFTER DELETE ON rectification_orders FOR EACH ROW EXECUTE FUNCTION case_papers_go('order');

-- An answer is shown by words, by links or by files: those lie elsewhere, so a trigger looks.
ALTER TABLE rectification_orders DROP CONSTRAINT rectification_orders_check8;
CREATE FUNCTION rectification_answer_shown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM case_papers WHERE kind = 'order' AND case_id = NEW.id AND frozen_at = NEW.answered_at) THEN
        RAISE EXCEPTION 'an answer to order % shows nothing', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION rectification_answer_shown IS 'an answer has evidence: words, links, or files that are handed in with it';
CREATE TRIGGER rectification_orders_shown BEFORE INSERT OR UPDATE ON rectification_orders FOR EACH ROW
    WHEN (NEW.answered_at IS NOT NULL AND NEW.evidence = '' AND cardinality(NEW.links) = 0) EXECUTE FUNCTION rectification_answer_shown();
