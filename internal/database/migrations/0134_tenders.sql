-- Competitive awards (公开招标等竞争性方式; AB-35.3): what is asked, who bids, sealed until the opening, who scores, who wins.

CREATE TABLE tenders (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number        text NOT NULL UNIQUE CHECK (number ~ '^TD-\d{4}-\d{6}$'),
    kind          text NOT NULL CHECK (kind IN ('data_use', 'scenario', 'mandate', 'supply')),
    about         text NOT NULL DEFAULT '' CHECK (length(about) <= 100),
    department_id bigint NOT NULL REFERENCES departments,
    profile       text NOT NULL,
    rule_profile  text NOT NULL CHECK (rule_profile <> ''),
    rule_path     text NOT NULL CHECK (rule_path <> ''),
    method        text NOT NULL CHECK (method <> ''),
    title         text NOT NULL CHECK (title <> ''),
    title_en      text NOT NULL DEFAULT '',
    description   text NOT NULL CHECK (description <> ''),
    requirements  text NOT NULL CHECK (requirements <> ''),
    pricing       text NOT NULL CHECK (pricing IN ('none', 'pays', 'asks')),
    limit_minor   bigint CHECK (limit_minor > 0),
    opens         timestamptz NOT NULL,
    closes        timestamptz NOT NULL CHECK (closes > opens),
    opening_at    timestamptz NOT NULL CHECK (opening_at >= closes),
    reveal_until  timestamptz NOT NULL CHECK (reveal_until >= opening_at),
    least_bidders integer NOT NULL CHECK (least_bidders > 0),
    least_panel   integer NOT NULL CHECK (least_panel > 0),
    state         text NOT NULL CHECK (state IN ('draft', 'announced', 'open', 'closed', 'opened', 'evaluated', 'award_notice', 'challenged', 'confirmed', 'contracted', 'failed', 'cancelled')),
    round         integer NOT NULL DEFAULT 0 CHECK (round >= 0),
    scoring       integer NOT NULL DEFAULT 1 CHECK (scoring > 0),
    sent_back     boolean NOT NULL DEFAULT false,
    key_public    text NOT NULL DEFAULT '',
    key_locked    bytea,
    stage_profile text NOT NULL DEFAULT '',
    stage_path    text NOT NULL DEFAULT '',
    stage_from    timestamptz,
    report        text NOT NULL DEFAULT '',
    contract      text NOT NULL DEFAULT '',
    made_by       bigint NOT NULL,
    made_name     text NOT NULL CHECK (made_name <> ''),
    made_at       timestamptz NOT NULL,
    announced_at  timestamptz,
    opened_at     timestamptz,
    evaluated_at  timestamptz,
    notice_at     timestamptz,
    confirmed_at  timestamptz,
    ended_at      timestamptz,
    sent          text UNIQUE CHECK (sent ~ '^[0-9a-f]{64}$'),
    revision      integer NOT NULL DEFAULT 1,
    CHECK ((pricing = 'none') <= (limit_minor IS NULL)),
    CHECK ((stage_path = '') = (stage_from IS NULL) AND (stage_path = '') = (stage_profile = '')),
    CHECK ((announced_at IS NULL) = (round = 0)),
    CHECK (state = 'draft' OR state = 'cancelled' OR announced_at IS NOT NULL),
    CHECK ((key_locked IS NOT NULL) = (state IN ('announced', 'open', 'closed'))),
    CHECK (state NOT IN ('award_notice', 'challenged', 'confirmed', 'contracted') OR report <> '' AND notice_at IS NOT NULL),
    CHECK ((confirmed_at IS NOT NULL) OR state NOT IN ('confirmed', 'contracted')),
    CHECK ((contract <> '') = (state = 'contracted')),
    CHECK ((ended_at IS NOT NULL) = (state IN ('contracted', 'cancelled')))
);
CREATE INDEX tenders_department ON tenders (department_id, id DESC);
CREATE INDEX tenders_running ON tenders (state) WHERE state IN ('announced', 'open', 'closed', 'opened');
COMMENT ON TABLE tenders IS 'a draft is known to its department alone; the rest is public but for the bids, which nobody reads before the opening';
COMMENT ON COLUMN tenders.about IS 'the number of what is awarded where it has one: of a scenario, a mandate';
COMMENT ON COLUMN tenders.rule_path IS 'the rule by which it is held and that names the method: of the text in force when it was announced, or of the platform';
COMMENT ON COLUMN tenders.pricing IS 'pays: the bidder pays, and more is better; asks: is paid, and less is better';
COMMENT ON COLUMN tenders.limit_minor IS 'in fen: the least where bidders pay, the most where they ask';
COMMENT ON COLUMN tenders.least_bidders IS 'as the rules of the day of its announcement have it; so least_panel';
COMMENT ON COLUMN tenders.round IS 'how often it was announced; bids are of a round';
COMMENT ON COLUMN tenders.scoring IS 'how often it was scored; marks are of a scoring';
COMMENT ON COLUMN tenders.sent_back IS 'a challenge was upheld, and the evaluation is looked at again';
COMMENT ON COLUMN tenders.key_public IS 'bids that the server keeps are locked for this half of the key pair of the round';
COMMENT ON COLUMN tenders.key_locked IS 'the other half, locked with a secret that lies in the data folder and not here; erased at the opening, or where there is none';

CREATE TABLE tender_criteria (
    tender_id bigint NOT NULL REFERENCES tenders,
    position  integer NOT NULL CHECK (position BETWEEN 1 AND 12),
    name      text NOT NULL CHECK (name <> ''),
    says      text NOT NULL DEFAULT '',
    weight    integer NOT NULL CHECK (weight BETWEEN 1 AND 100),
    price     boolean NOT NULL,
    PRIMARY KEY (tender_id, position)
);
CREATE UNIQUE INDEX tender_criteria_price ON tender_criteria (tender_id) WHERE price;
COMMENT ON TABLE tender_criteria IS 'by what bids are scored; the weights of one tender add up to 100 once it is announced';
COMMENT ON COLUMN tender_criteria.price IS 'scored by calculation; the others by the panel, from 0 to the weight';

CREATE TABLE tender_datasets (
    tender_id  bigint NOT NULL REFERENCES tenders,
    dataset_id bigint NOT NULL REFERENCES datasets,
    columns    text NOT NULL DEFAULT '' CHECK (length(columns) <= 1000),
    PRIMARY KEY (tender_id, dataset_id)
);
COMMENT ON TABLE tender_datasets IS 'what data a tender is about';

CREATE TABLE tender_panel (
    tender_id   bigint NOT NULL REFERENCES tenders,
    user_id     bigint NOT NULL REFERENCES users,
    name        text NOT NULL CHECK (name <> ''),
    added_at    timestamptz NOT NULL,
    declared_at timestamptz,
    conflict    text NOT NULL DEFAULT '',
    struck_at   timestamptz,
    struck_why  text NOT NULL DEFAULT '',
    PRIMARY KEY (tender_id, user_id),
    CHECK ((struck_at IS NULL) = (struck_why = '')),
    CHECK (conflict = '' OR declared_at IS NOT NULL AND struck_at IS NOT NULL)
);
CREATE INDEX tender_panel_user ON tender_panel (user_id);
COMMENT ON TABLE tender_panel IS 'who scores; names are public with the award notice';
COMMENT ON COLUMN tender_panel.conflict IS 'the interest in a bidder that the member declared; empty with declared_at: none';
COMMENT ON COLUMN tender_panel.struck_why IS 'why the member scores no more';

CREATE TABLE tender_bids (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tender_id       bigint NOT NULL REFERENCES tenders,
    round           integer NOT NULL CHECK (round > 0),
    organisation_id bigint NOT NULL REFERENCES organisations,
    bidder          text NOT NULL CHECK (bidder <> ''),
    code            text NOT NULL CHECK (code <> ''),
    way             text NOT NULL CHECK (way IN ('kept', 'own')),
    commitment      text NOT NULL UNIQUE CHECK (commitment ~ '^[0-9a-f]{64}$'),
    locked          bytea,
    sealed_at       timestamptz NOT NULL,
    sealed_by       bigint NOT NULL,
    sealed_name     text NOT NULL CHECK (sealed_name <> ''),
    state           text NOT NULL CHECK (state IN ('sealed', 'withdrawn', 'revealed', 'valid', 'invalid', 'scored', 'won', 'lost')),
    withdrawn_at    timestamptz,
    nonce           text CHECK (nonce ~ '^[0-9a-f]{64}$'),
    canonical       text,
    amount_minor    bigint CHECK (amount_minor >= 0),
    revealed_at     timestamptz,
    reason          text NOT NULL DEFAULT '',
    marks           integer CHECK (marks BETWEEN 0 AND 10000),
    price_points    integer CHECK (price_points BETWEEN 0 AND 10000),
    total           integer CHECK (total BETWEEN 0 AND 10000),
    rank            integer CHECK (rank > 0),
    CHECK (locked IS NULL OR way = 'kept'),
    CHECK ((withdrawn_at IS NOT NULL) = (state = 'withdrawn')),
    CHECK ((nonce IS NULL) = (canonical IS NULL) AND (nonce IS NULL) = (revealed_at IS NULL)),
    CHECK (amount_minor IS NULL OR revealed_at IS NOT NULL),
    CHECK (state NOT IN ('sealed', 'withdrawn') OR revealed_at IS NULL),
    CHECK (state NOT IN ('revealed', 'valid', 'scored', 'won', 'lost') OR revealed_at IS NOT NULL),
    CHECK (state <> 'invalid' OR reason <> ''),
    CHECK (state NOT IN ('scored', 'won', 'lost') OR total IS NOT NULL AND rank IS NOT NULL),
    CONSTRAINT tender_bids_hash CHECK (nonce IS NULL OR encode(sha256(convert_to(nonce || canonical, 'UTF8')), 'hex') = commitment)
);
CREATE UNIQUE INDEX tender_bids_once ON tender_bids (tender_id, organisation_id) WHERE state <> 'withdrawn';
CREATE UNIQUE INDEX tender_bids_winner ON tender_bids (tender_id) WHERE state = 'won';
CREATE INDEX tender_bids_organisation ON tender_bids (organisation_id);
COMMENT ON TABLE tender_bids IS 'before the opening the seal alone is public: commitment and time';
COMMENT ON COLUMN tender_bids.way IS 'kept: the server keeps the bid, locked; own: the bidder keeps it, and reveals it after the opening';
COMMENT ON COLUMN tender_bids.commitment IS 'SHA-256 of nonce and canonical bid';
COMMENT ON COLUMN tender_bids.locked IS 'the bid as the server keeps it until the opening, locked for the key of the round';
COMMENT ON COLUMN tender_bids.marks IS 'hundredths of a point: the average of the panel; so price_points and total';

CREATE TABLE tender_scores (
    bid_id  bigint NOT NULL REFERENCES tender_bids,
    user_id bigint NOT NULL REFERENCES users,
    scoring integer NOT NULL CHECK (scoring > 0),
    marks   integer[] NOT NULL,
    words   text NOT NULL DEFAULT '',
    at      timestamptz NOT NULL,
    PRIMARY KEY (bid_id, user_id, scoring)
);
COMMENT ON TABLE tender_scores IS 'what one member gave one bid, by the criteria that the panel scores, in their order; known to others once all are in';

CREATE TABLE tender_challenges (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tender_id     bigint NOT NULL REFERENCES tenders,
    bid_id        bigint NOT NULL REFERENCES tender_bids,
    notice_at     timestamptz NOT NULL,
    grounds       text NOT NULL CHECK (grounds <> ''),
    made_by       bigint NOT NULL,
    made_name     text NOT NULL CHECK (made_name <> ''),
    made_at       timestamptz NOT NULL CHECK (made_at >= notice_at),
    upheld        boolean,
    answer        text NOT NULL DEFAULT '',
    answered_by   bigint,
    answered_name text NOT NULL DEFAULT '',
    answered_at   timestamptz,
    UNIQUE (bid_id, notice_at),
    CHECK ((upheld IS NULL) = (answered_at IS NULL) AND (upheld IS NULL) = (answer = ''))
);
CREATE INDEX tender_challenges_tender ON tender_challenges (tender_id, id);
COMMENT ON COLUMN tender_challenges.notice_at IS 'the notice that is challenged: each bidder challenges it once';
COMMENT ON COLUMN tender_challenges.upheld IS 'upheld: back to the evaluation';

CREATE TABLE tender_events (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tender_id bigint NOT NULL REFERENCES tenders,
    act       text NOT NULL CHECK (act <> ''),
    by_id     bigint NOT NULL,
    by_name   text NOT NULL,
    side      text NOT NULL CHECK (side IN ('organiser', 'panel', 'bidder', 'platform')),
    words     text NOT NULL DEFAULT '',
    at        timestamptz NOT NULL
);
CREATE INDEX tender_events_tender ON tender_events (tender_id, id);
COMMENT ON TABLE tender_events IS 'the public history of a tender: no bid and no bidder is in it before the opening';

CREATE TABLE application_tenders (
    application_id bigint PRIMARY KEY REFERENCES applications,
    tender_id      bigint NOT NULL REFERENCES tenders,
    tied_at        timestamptz NOT NULL
);
CREATE INDEX application_tenders_tender ON application_tenders (tender_id);
COMMENT ON TABLE application_tenders IS 'which tender decides an application for commercial use; its confirmed result is the award';

CREATE FUNCTION tender_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'tender % is over and stays as it is', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state NOT IN ('draft', 'failed') AND (OLD.number, OLD.kind, OLD.about, OLD.department_id, OLD.profile, OLD.rule_profile, OLD.rule_path, OLD.method, OLD.title, OLD.title_en, OLD.description, OLD.requirements,
            OLD.pricing, OLD.limit_minor, OLD.opens, OLD.closes, OLD.opening_at, OLD.reveal_until, OLD.round, OLD.least_bidders, OLD.least_panel, OLD.announced_at)
        IS DISTINCT FROM (NEW.number, NEW.kind, NEW.about, NEW.department_id, NEW.profile, NEW.rule_profile, NEW.rule_path, NEW.method, NEW.title, NEW.title_en, NEW.description, NEW.requirements,
            NEW.pricing, NEW.limit_minor, NEW.opens, NEW.closes, NEW.opening_at, NEW.reveal_until, NEW.round, NEW.least_bidders, NEW.least_panel, NEW.announced_at) THEN
        RAISE EXCEPTION 'tender % says what was announced', OLD.number USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.revision <> OLD.revision + 1 OR OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'announced'), ('failed', 'announced'), ('announced', 'open'), ('open', 'closed'), ('closed', 'opened'), ('closed', 'failed'),
        ('opened', 'failed'), ('opened', 'evaluated'), ('evaluated', 'opened'), ('evaluated', 'award_notice'), ('evaluated', 'failed'), ('award_notice', 'challenged'), ('challenged', 'award_notice'), ('challenged', 'evaluated'),
        ('award_notice', 'confirmed'), ('confirmed', 'contracted')) AND NEW.state <> 'cancelled' THEN
        RAISE EXCEPTION 'tender % does not go from % to %', OLD.number, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.opened_at IS NOT NULL AND NEW.opened_at < NEW.opening_at) OR NEW.state = 'opened' AND NEW.opened_at IS NULL THEN
        RAISE EXCEPTION 'tender % is not opened before %', OLD.number, OLD.opening_at USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tender_moves IS 'the moves of licensing/tender, and no others; what was announced stays as it was';
CREATE TRIGGER tenders_moves BEFORE UPDATE ON tenders FOR EACH ROW EXECUTE FUNCTION tender_moves();

CREATE FUNCTION tender_bid_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE t tenders;
BEGIN
    SELECT * INTO t FROM tenders WHERE id = NEW.tender_id;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'withdrawn' AND (NEW.round <> t.round OR NEW.sealed_at < t.opens OR NEW.sealed_at >= t.closes OR t.state IN ('draft', 'announced', 'failed')) THEN
            RAISE EXCEPTION 'tender % takes no bid at %', t.number, NEW.sealed_at USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.tender_id, OLD.round, OLD.organisation_id, OLD.bidder, OLD.code, OLD.way, OLD.commitment, OLD.sealed_at, OLD.sealed_by, OLD.sealed_name)
        IS DISTINCT FROM (NEW.tender_id, NEW.round, NEW.organisation_id, NEW.bidder, NEW.code, NEW.way, NEW.commitment, NEW.sealed_at, NEW.sealed_by, NEW.sealed_name)
        OR OLD.revealed_at IS NOT NULL AND (OLD.nonce, OLD.canonical, OLD.amount_minor, OLD.revealed_at) IS DISTINCT FROM (NEW.nonce, NEW.canonical, NEW.amount_minor, NEW.revealed_at) THEN
        RAISE EXCEPTION 'bid % stays as it was sealed', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('sealed', 'withdrawn'), ('sealed', 'revealed'), ('sealed', 'invalid'), ('revealed', 'valid'), ('revealed', 'invalid'), ('valid', 'invalid'), ('valid', 'scored'),
        ('scored', 'valid'), ('scored', 'invalid'), ('scored', 'won'), ('scored', 'lost')) THEN
        RAISE EXCEPTION 'bid % does not go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.revealed_at IS NULL AND NEW.revealed_at IS NOT NULL AND (NEW.revealed_at < t.opening_at OR NEW.revealed_at < t.closes OR t.state NOT IN ('closed', 'opened')) THEN
        RAISE EXCEPTION 'bid % is not read before %', OLD.id, t.opening_at USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION tender_bid_moves IS 'no bid is late, none is changed, none is read before the opening';
CREATE TRIGGER tender_bids_moves BEFORE INSERT OR UPDATE ON tender_bids FOR EACH ROW EXECUTE FUNCTION tender_bid_moves();

CREATE FUNCTION tender_criteria_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE at text;
BEGIN
    SELECT state INTO at FROM tenders WHERE id = OLD.tender_id;
    IF at NOT IN ('draft', 'failed') THEN
        RAISE EXCEPTION 'the criteria of a tender stay as they were announced' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER tender_criteria_stay BEFORE UPDATE OR DELETE ON tender_criteria FOR EACH ROW EXECUTE FUNCTION tender_criteria_stay();

CREATE FUNCTION tender_scores_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'marks that were handed in stay' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER tender_scores_stay BEFORE UPDATE OR DELETE ON tender_scores FOR EACH ROW EXECUTE FUNCTION tender_scores_stay();
