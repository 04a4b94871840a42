package account

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"shuyuan/internal/database/dbtest"
)

// What becomes of a row of somebody once they leave.
const (
	goes  = "goes"  // it is deleted
	stays = "stays" // it stays, for the reason given
)

// keptColumn is a column that says whose a row is, or who did something.
type keptColumn struct {
	Table, Column string
	Exported      string // where it stands in the export of one's own account
	After         string // goes, or stays
	Why           string // of what stays: what it is needed for
}

// official is why a record of an act of office stays, with the name as it was
// signed: somebody must answer for what was opened, refused or changed.
const official = "a record of office, with the name as signed (DSL 27, CSL 21)"

// moved is why it stays who moved money: the law on accounts keeps it for thirty years.
const moved = "who moved money and who agreed is kept with the books (accounting law, archives: 30 years)"

// keptColumns are all columns that refer to an account. A test holds the list
// against the schema: whoever adds a column says here where its owner finds it in
// the export, and what becomes of it.
var keptColumns = []keptColumn{
	{"api_keys", "user_id", "account.json api_keys", goes, ""},
	{"correction_reporters", "user_id", "account.json others", goes, ""},
	{"follows", "user_id", "account.json others", goes, ""},
	{"identities", "user_id", "account.json identities", goes, ""},
	{"known_downloads", "user_id", "account.json others", goes, ""},
	{"known_networks", "user_id", "account.json known_networks", goes, ""},
	{"mailings", "user_id", "account.json others", goes, ""},
	{"notice_settings", "user_id", "account.json others", goes, ""},
	{"notices", "user_id", "account.json others", goes, ""},
	{"one_time_links", "user_id", "none: hashes of links that are good for minutes", goes, ""},
	{"organisation_members", "user_id", "account.json organisations", goes, ""},
	{"passkeys", "user_id", "account.json second_steps", goes, ""},
	{"demand_follows", "user_id", "account.json others", goes, ""},
	{"demand_reports", "user_id", "account.json others", goes, ""},
	{"demand_votes", "user_id", "account.json others", goes, ""},
	{"question_reports", "user_id", "account.json others", goes, ""},
	{"readers", "user_id", "account.json others", goes, ""},
	{"recovery_codes", "user_id", "account.json second_steps", goes, ""},
	{"sessions", "user_id", "account.json sessions", goes, ""},
	{"sign_in_steps", "user_id", "none: a sign-in under way, good for minutes", goes, ""},
	{"totp", "user_id", "account.json second_steps", goes, ""},
	{"user_roles", "user_id", "account.json account", goes, ""}, // nobody with a role can leave: see mayLeave
	{"webhooks", "user_id", "account.json others", goes, ""},    // with their secrets, and what was sent there
	{"catalogue_autosaves", "user_id", "acts.ndjson", stays, "what an office was writing; it goes when the entry is saved"},

	{"papers", "uploaded_by", "account.json organisations", stays, "a paper belongs to the organisation; its only member's draft goes with it"},
	{"questions", "user_id", "questions.json", stays, "what was asked and answered in public stays without its author; the rest is emptied"},
	{"demands", "user_id", "requests.json", stays, "what others second and wait for stays without its author"},
	{"demands", "answered_by", "acts.ndjson", stays, official},
	{"demands", "hidden_by", "acts.ndjson", stays, official},
	{"demand_steps", "by_id", "acts.ndjson", stays, official},
	{"questions", "answered_by", "acts.ndjson", stays, official},
	{"questions", "hidden_by", "acts.ndjson", stays, official},

	{"products", "made_by", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"product_versions", "made_by", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"product_contents", "came_by", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"product_inputs", "added_by", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"product_seals", "sealed_by", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"product_recalls", "by_id", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"developer_keys", "registered_by", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"developer_key_revocations", "by_id", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"product_countersignatures", "by_id", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"product_events", "by_id", "acts.ndjson", stays, "what an organisation sealed and offers, with the name of who did it, is the ground of the stamp (AS-35)"},
	{"ledger_transactions", "by_id", "acts.ndjson", stays, "what is booked is never changed, and who booked it is part of it"},
	{"ledger_closings", "by_id", "acts.ndjson", stays, "what is booked is never changed, and who closed the books is part of it"},
	{"payout_accounts", "made_by", "acts.ndjson", stays, "where an organisation is paid, with the name of who said it and who checked it, is part of the books"},
	{"payout_accounts", "confirmed_by", "acts.ndjson", stays, official},
	{"settlements", "confirmed_by", "acts.ndjson", stays, "what an organisation agreed to be paid, with the name of who did, is part of the books"},
	{"settlements", "instructed_by", "acts.ndjson", stays, official},
	{"settlement_events", "by_id", "acts.ndjson", stays, "what an organisation agreed to be paid, with the name of who did, is part of the books"},
	{"refunds", "requested_by", "acts.ndjson", stays, "what went back of an order, with the name of who asked for it and who agreed, is part of the books"},
	{"refund_approvals", "user_id", "acts.ndjson", stays, "what went back of an order, with the name of who asked for it and who agreed, is part of the books"},
	{"refund_events", "by_id", "acts.ndjson", stays, "what went back of an order, with the name of who asked for it and who agreed, is part of the books"},
	{"delivery_receipts", "by_id", "acts.ndjson", stays, "a copy that was handed over, with the name of who fetched it, is shown to both sides of the order as long as the copy may be asked about"},
	{"delivery_events", "by_id", "acts.ndjson", stays, "what was served is what was billed: it is counted again from these rows (I-30)"},
	{"usage_bills", "objected_by", "acts.ndjson", stays, "what an organisation said of a bill, with the name of who did, is part of the books"},
	{"usage_bills", "answered_by", "acts.ndjson", stays, "what an organisation said of a bill, with the name of who did, is part of the books"},
	{"delivery_destructions", "by_id", "acts.ndjson", stays, "what an organisation declared destroyed, with the name of who did, is looked up when a copy turns up"},
	{"listings", "made_by", "acts.ndjson", stays, "what an organisation listed and priced, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"listings", "checked_by", "acts.ndjson", stays, official},
	{"bank_lines", "made_by", "acts.ndjson", stays, moved},
	{"bank_lines", "proposed_by", "acts.ndjson", stays, moved},
	{"bank_lines", "confirmed_by", "acts.ndjson", stays, moved},
	{"bank_statements", "made_by", "acts.ndjson", stays, moved},
	{"collection_accounts", "made_by", "acts.ndjson", stays, moved},
	{"collection_accounts", "confirmed_by", "acts.ndjson", stays, moved},
	{"payment_instructions", "stopped_by", "acts.ndjson", stays, moved},
	{"payment_instructions", "confirmed_by", "acts.ndjson", stays, moved},
	{"listing_plans", "made_by", "acts.ndjson", stays, "what an organisation listed and priced, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"listing_events", "by_id", "acts.ndjson", stays, "what an organisation listed and priced, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"orders", "made_by", "acts.ndjson", stays, "what an organisation ordered, sold and signed, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"orders", "cleared_by", "acts.ndjson", stays, official},
	{"contracts", "buyer_by", "acts.ndjson", stays, "a signature under a contract, with the name as signed"},
	{"contracts", "seller_by", "acts.ndjson", stays, "a signature under a contract, with the name as signed"},
	{"split_rules", "made_by", "acts.ndjson", stays, "what an organisation ordered, sold and signed, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"split_rules", "agreed_by", "acts.ndjson", stays, "what an organisation ordered, sold and signed, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"order_clearances", "given_by", "acts.ndjson", stays, "what an organisation ordered, sold and signed, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"order_objections", "by_id", "acts.ndjson", stays, "what an organisation ordered, sold and signed, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"order_objections", "answered_by", "acts.ndjson", stays, "what an organisation ordered, sold and signed, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"order_events", "by_id", "acts.ndjson", stays, "what an organisation ordered, sold and signed, with the name of who did it, is kept as long as orders are looked up (I-31)"},
	{"registrations", "made_by", "acts.ndjson", stays, "what an organisation registered, certified and had said of its product, with the name of who did it, is kept as long as certificates are looked up (I-26, I-27)"},
	{"registration_objections", "by_id", "acts.ndjson", stays, "what an organisation registered, certified and had said of its product, with the name of who did it, is kept as long as certificates are looked up (I-26, I-27)"},
	{"registration_objections", "answered_by", "acts.ndjson", stays, official},
	{"product_certificates", "issued_by", "acts.ndjson", stays, official},
	{"registration_events", "by_id", "acts.ndjson", stays, "what an organisation registered, certified and had said of its product, with the name of who did it, is kept as long as certificates are looked up (I-26, I-27)"},
	{"product_reports", "made_by", "acts.ndjson", stays, "what an organisation registered, certified and had said of its product, with the name of who did it, is kept as long as certificates are looked up (I-26, I-27)"},
	{"product_reports", "declared_by", "acts.ndjson", stays, "what an organisation registered, certified and had said of its product, with the name of who did it, is kept as long as certificates are looked up (I-26, I-27)"},
	{"product_report_events", "by_id", "acts.ndjson", stays, "what an organisation registered, certified and had said of its product, with the name of who did it, is kept as long as certificates are looked up (I-26, I-27)"},
	{"acquisitions", "user_id", "data.json", stays, "who was given which version and when is the ground of the stamp (AS-35); the name goes with the account"},
	{"agreements", "user_by", "acts.ndjson", stays, "a signature under an agreement, with the name as signed"},
	{"agreements", "provider_by", "acts.ndjson", stays, official},
	{"applications", "user_id", "data.json", stays, "what was decided on it stays; drafts go, and what is under way is withdrawn"},
	{"applications", "decided_by", "acts.ndjson", stays, official},
	{"application_events", "by_id", "acts.ndjson", stays, official},
	{"case_papers", "uploaded_by", "acts.ndjson", stays, "a file handed in with a case stays with it; what was only prepared goes with the draft"},
	{"grant_fetches", "user_id", "none: the deliveries it counts are in data.json", stays, "which parts of a file belong to one that was counted; nothing but what the deliveries say"},
	{"grants", "user_id", "data.json", stays, "what was given to whom is the ground of the stamp (AS-35); it is given back when its holder leaves"},
	{"open_conditions", "set_by", "acts.ndjson", stays, official},
	{"use_reports", "filed_by", "acts.ndjson", stays, "a report on granted data, with the name as signed"},
	{"use_reports", "accepted_by", "acts.ndjson", stays, official},
	{"use_destructions", "filed_by", "acts.ndjson", stays, "a certificate that data was destroyed, with the name as signed"},
	{"use_destructions", "claimed_by", "acts.ndjson", stays, "who asked not to destroy data answers for it"},
	{"use_destructions", "decided_by", "acts.ndjson", stays, official},
	{"use_draws", "drawn_by", "acts.ndjson", stays, official},
	{"use_audits", "answered_by", "acts.ndjson", stays, "an answer to an audit, with the name as signed"},
	{"use_audits", "found_by", "acts.ndjson", stays, official},
	{"use_audits", "closed_by", "acts.ndjson", stays, official},
	{"use_events", "by_id", "acts.ndjson", stays, official},

	{"breaches", "holder_user_id", "data.json", stays, "what was decided about a grant stays with it"},
	{"breaches", "reported_by", "acts.ndjson", stays, official},
	{"breaches", "opened_by", "acts.ndjson", stays, official},
	{"breaches", "decided_by", "acts.ndjson", stays, official},
	{"breaches", "verdict_by", "acts.ndjson", stays, official},
	{"incidents", "opened_by", "acts.ndjson", stays, official},
	{"incident_reports", "recorded_by", "acts.ndjson", stays, official},
	{"incident_people", "user_id", "data.json", stays, "who was told of an incident answers for the duty to tell (TJ-50)"},
	{"rectification_orders", "issued_by", "acts.ndjson", stays, official},
	{"rectification_orders", "asked_by", "acts.ndjson", stays, official},
	{"rectification_orders", "more_by", "acts.ndjson", stays, official},
	{"rectification_orders", "answered_by", "acts.ndjson", stays, official},
	{"rectification_orders", "found_by", "acts.ndjson", stays, official},
	{"supervision_events", "by_id", "acts.ndjson", stays, official},
	{"tenders", "made_by", "acts.ndjson", stays, official},
	{"tender_panel", "user_id", "acts.ndjson", stays, "who scored an award is public with it, and can be held to it"},
	{"tender_scores", "user_id", "acts.ndjson", stays, "marks are published with the award, by whom they are"},
	{"tender_bids", "sealed_by", "acts.ndjson", stays, "a bid is the organisation's; who sealed it must be told in a dispute"},
	{"tender_challenges", "made_by", "acts.ndjson", stays, "a challenge is the organisation's; who made it must be told in a dispute"},
	{"tender_challenges", "answered_by", "acts.ndjson", stays, official},
	{"tender_events", "by_id", "acts.ndjson", stays, official},

	{"workspaces", "opened_by", "acts.ndjson", stays, official},
	{"workspace_members", "user_id", "acts.ndjson", stays, official},
	{"workspace_members", "added_by", "acts.ndjson", stays, official},
	{"workspace_mounts", "asked_by", "acts.ndjson", stays, official},
	{"workspace_programs", "saved_by", "acts.ndjson", stays, official},
	{"workspace_algorithms", "proposed_by", "acts.ndjson", stays, official},
	{"workspace_algorithms", "first_by", "acts.ndjson", stays, official},
	{"workspace_algorithms", "second_by", "acts.ndjson", stays, official},
	{"workspace_jobs", "asked_by", "acts.ndjson", stays, official},
	{"output_reviews", "asked_by", "acts.ndjson", stays, official},
	{"output_reviews", "first_by", "acts.ndjson", stays, official},
	{"output_reviews", "second_by", "acts.ndjson", stays, official},
	{"output_review_events", "by_id", "acts.ndjson", stays, official},
	{"release_downloads", "user_id", "acts.ndjson", stays, official},
	{"workspace_events", "by_id", "acts.ndjson", stays, official},

	{"scenarios", "user_id", "data.json", stays, "what was decided on it stays, and it is its organisation's; old drafts go"},
	{"scenarios", "screened_by", "acts.ndjson", stays, official},
	{"scenarios", "security_by", "acts.ndjson", stays, official},
	{"scenarios", "decided_by", "acts.ndjson", stays, official},
	{"scenario_items", "decided_by", "acts.ndjson", stays, official},
	{"scenario_contracts", "operator_by", "acts.ndjson", stays, "a signature under an agreement, with the name as signed"},
	{"scenario_contracts", "developer_by", "acts.ndjson", stays, "a signature under an agreement, with the name as signed"},
	{"scenario_events", "by_id", "acts.ndjson", stays, official},
	{"scenario_reports", "filed_by", "acts.ndjson", stays, "a report on what was used, with the name as signed"},
	{"scenario_templates", "made_by", "acts.ndjson", stays, official},
	{"scenario_consents", "by_id", "acts.ndjson", stays, official},
	{"mandate_plans", "drafted_by", "acts.ndjson", stays, official},
	{"mandate_plans", "decided_by", "acts.ndjson", stays, official},
	{"mandate_awards", "recorded_by", "acts.ndjson", stays, official},
	{"mandates", "drafted_by", "acts.ndjson", stays, official},
	{"mandates", "approved_by", "acts.ndjson", stays, official},
	{"mandates", "body_signed_by", "acts.ndjson", stays, official},
	{"mandates", "operator_signed_by", "acts.ndjson", stays, "a signature under an agreement, with the name as signed"},
	{"mandate_evaluations", "evaluated_by", "acts.ndjson", stays, official},
	{"disclosure_reports", "issued_by", "acts.ndjson", stays, official},
	{"developers", "submitted_by", "acts.ndjson", stays, "who applied for entry answers for what was declared"},
	{"developers", "decided_by", "acts.ndjson", stays, "who screened an entry for the operator answers for it"},
	{"developer_people", "user_id", "none: the organisation that named the person shows it", stays, "who may write programs and ask for releases answers for them"},
	{"developer_people_changes", "asked_by", "acts.ndjson", stays, "whoever asked that others may do something answers for it"},
	{"developer_people_changes", "decided_by", "acts.ndjson", stays, "whoever confirmed for the operator who may do what answers for it"},
	{"operation_events", "by_id", "acts.ndjson", stays, official},

	{"audit_entries", "actor", "acts.ndjson", stays, "what was done and when; the personal part is emptied (CSL 21)"},
	{"audit_checks", "by_id", "acts.ndjson", stays, "a number without a name"},
	{"users", "factors_asked_by", "acts.ndjson", stays, "a number, until it is done or has expired"},
	{"catalogue_changes", "recorded_by", "acts.ndjson", stays, official},
	{"catalogue_changes", "reported_by", "acts.ndjson", stays, official},
	{"catalogue_entries", "submitted_by", "acts.ndjson", stays, official},
	{"catalogue_imports", "by_id", "acts.ndjson", stays, official},
	{"catalogue_imports", "undone_by_id", "acts.ndjson", stays, official},
	{"corrections", "ask_by", "acts.ndjson", stays, official},
	{"corrections", "more_by", "acts.ndjson", stays, official},
	{"corrections", "answered_by", "acts.ndjson", stays, official},
	{"dictionary_revisions", "by_user", "acts.ndjson", stays, official},
	{"notes", "author_id", "acts.ndjson", stays, official},
	{"note_versions", "author_id", "acts.ndjson", stays, official},
	{"catalogue_revisions", "by_id", "acts.ndjson", stays, official},
	{"findings", "decided_by", "acts.ndjson", stays, official},
	{"lineages", "made_by", "acts.ndjson", stays, official},
	{"opening_checks", "proposed_by", "acts.ndjson", stays, official},
	{"opening_events", "recorded_by", "acts.ndjson", stays, official},
	{"opening_incidents", "withdrawn_by", "acts.ndjson", stays, official},
	{"opening_reviews", "proposed_by", "acts.ndjson", stays, official},
	{"opening_reviews", "revoked_by", "acts.ndjson", stays, official},
	{"share_events", "by_id", "acts.ndjson", stays, official},
	{"share_requests", "asked_by", "acts.ndjson", stays, official},
	{"source_cases", "opened_by", "acts.ndjson", stays, official},
	{"source_cases", "decided_by", "acts.ndjson", stays, official},
	{"source_positions", "by_id", "acts.ndjson", stays, official},
	{"uploads", "user_id", "acts.ndjson", stays, official},
	{"uploads", "reviewed_by", "acts.ndjson", stays, official},
}

// Every column that refers to an account, by a foreign key or by its name, is on
// the list that says where its owner finds it and what becomes of it; and what is
// said to go does go with the account.
func TestAllThatIsKeptOfPeopleIsListed(t *testing.T) {
	pool := dbtest.New(t)
	rows, err := pool.Query(t.Context(), `
		SELECT c.table_name || ' ' || c.column_name
		FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.table_name NOT LIKE 'river%' AND c.column_name <> 'id'
			AND (c.data_type = 'bigint' AND c.column_name ~ '^(user_id|users_id|owner|owner_id|actor|actor_id|author|author_id|person|person_id|by|by_id|.*_by|.*_by_id|.*_user|.*_user_id)$'
				OR EXISTS (
					SELECT FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
					WHERE f.contype = 'f' AND f.confrelid = 'users'::regclass AND f.conrelid = to_regclass(quote_ident(c.table_name)) AND a.attname = c.column_name))
		ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	personal, err := personalTables(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, k := range keptColumns {
		name := k.Table + " " + k.Column
		if slices.Contains(listed, name) {
			t.Errorf("%s is listed twice", name)
		}
		listed = append(listed, name)
		if k.Exported == "" || (k.After == stays) != (k.Why != "") || k.After != goes && k.After != stays {
			t.Errorf("%s is said to be %+v", name, k)
		}
		cascades := slices.Contains(personal, personalTable{k.Table, k.Column})
		if others := strings.HasSuffix(k.Exported, " others"); others != (cascades && !slices.Contains(told, k.Table)) {
			t.Errorf("%s: the export has it among others: %v, and it is said to be in %s", name, !others, k.Exported)
		}
		if cascades && k.After != goes {
			t.Errorf("%s goes with the account, and is said to stay", name)
		}
	}
	for _, name := range there {
		if !slices.Contains(listed, name) {
			t.Errorf("%s refers to accounts and is not on the list of what is kept of people (keptColumns)", name)
		}
	}
	for _, name := range listed {
		if !slices.Contains(there, name) {
			t.Errorf("%s is on the list, and there is no such column", name)
		}
	}
}
