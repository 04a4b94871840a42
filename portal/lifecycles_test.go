package portal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/notes"
	"shuyuan/datasets/opening"
	"shuyuan/datasets/questions"
	"shuyuan/datasets/sources"
	"shuyuan/licensing"
	"shuyuan/licensing/corrections"
	"shuyuan/licensing/demands"
	"shuyuan/licensing/operation"
	"shuyuan/licensing/scenario"
	"shuyuan/licensing/sharing"
	"shuyuan/licensing/supervision"
	"shuyuan/licensing/tender"
	"shuyuan/licensing/use"
	"shuyuan/licensing/workspace"
	"shuyuan/marketplace"
	"shuyuan/marketplace/delivery"
	"shuyuan/marketplace/offering"
	"shuyuan/marketplace/ordering"
	"shuyuan/marketplace/refunding"
	"shuyuan/marketplace/registration"
	"shuyuan/marketplace/settlement"
)

// lifecycles are all tables of moves, as docs/lifecycles.md shows them.
var lifecycles = []struct{ title, says, diagram string }{
	{"Entry", "What the public sees of a catalogue entry (`datasets`).", datasets.EntryLifecycle()},
	{"Compiling an entry", "Between the department and the authority that confirms it (`datasets/catalogue`).", catalogue.Lifecycle.Mermaid(catalogue.Draft)},
	{"Catalogue change", "From an event to the confirmed change, with two clocks (`datasets/catalogue`; AB-17, FJ-2.2).", catalogue.ChangeLifecycle.Mermaid(catalogue.Recorded)},
	{"Duplicate", "Several departments collect the same data item: the authority names one (`datasets/sources`; AS-14.2, AB-15.4).", sources.DuplicateLifecycle.Mermaid(sources.Proposed)},
	{"Disagreement", "Values of departments disagree: they settle it, or the authority decides (`datasets/sources`; AB-29).", sources.InconsistencyLifecycle.Mermaid(sources.Negotiating)},
	{"Upload", "A file on its way to become a version (`datasets`).", datasets.UploadLifecycle()},
	{"Opening review", "Whether one content may be opened, gate by gate, and the emergency lane (`datasets/opening`; AS-28, AS-30, AS-20.4, AB-32).", opening.Lifecycle()},
	{"Note", "What a department explains of an entry (`datasets/notes`; TJ-25).", notes.Lifecycle()},
	{"Grant, by a breach case", "What the suspension and the decision of a breach case do to a grant (`licensing/undercase.go`).", licensing.CaseLifecycle()},
	{"Incident", "What happened to data, who is told and what is reported (`licensing/supervision`; AS-48, TJ-50, AB-41.2). Telling, reporting and keeping records leave it where it stands.", supervision.IncidentLifecycle()},
	{"Breach case", "What is held against whoever holds a grant, of an application or of sharing (`licensing/supervision`; FJ-III.4, AB-44(9) to (11), AS-22b).", supervision.BreachLifecycle()},
	{"Scenario", "What a second-tier developer may develop, on which data (`licensing/scenario`; FJ-4.2). The operator passes on and decides nothing; opinions, the security review and the words about a competition leave it where it stands.", scenario.Lifecycle()},
	{"Yearly report of a scenario", "What a developer says of the use of a scenario (`licensing/scenario`); overdue it is warned of, and then the scenario is suspended.", scenario.ReportLifecycle()},
	{"Rectification order", "What an authority has a department put right by a day (`licensing/supervision`; AS-49, TJ-52, AB-44(2) to (12)). Asking for more time, and the word about it, leave it where it stands.", supervision.OrderLifecycle()},
	{"Plan of authorised operation", "What an implementing body wants operated, before anybody is chosen for it (`licensing/operation`; FJ-III.3). Recording the award leaves it where it stands.", operation.PlanLifecycle()},
	{"Mandate", "The authorisation agreement of a body and an operator (`licensing/operation`; FJ-III.3, FJ-4.1). What the platform does by itself stands as administrator.", operation.Lifecycle()},
	{"Entry of a developer", "How a developer enters with the operator of a mandate (`licensing/operation`; FJ-4.2). Whose organisation it is may do what stands as visitor.", operation.EntryLifecycle()},
	{"Secure workspace", "Where a developer computes on what nobody there can see (`licensing/workspace`). What the chain above it stops is not written here, but asked at every step.", workspace.Lifecycle()},
	{"Workspace job", "One program that is run in a workspace (`licensing/workspace`).", workspace.JobLifecycle()},
	{"Output review", "Whether a result leaves a workspace: by rules, then by two people (`licensing/workspace`).", workspace.ReviewLifecycle()},
	{"Registered algorithm", "A program that is pinned by the digest of its text (`licensing/workspace`).", workspace.AlgorithmLifecycle()},
	{"Product", "What is derived from public data and offered (`marketplace`; FJ-5.2). Its registration and its certification move it as administrator.", marketplace.Lifecycle()},
	{"Version of a product", "What is sealed with its sources and days of acquisition (`marketplace`; AS-35, AB-35.4). Who stands where, the service finds out.", marketplace.VersionLifecycle()},
	{"Order", "What is ordered of a plan, from the contract to the end of its term (`marketplace/ordering`; matrix 5.8). Buyer and seller stand as visitor; what money and the clock move stands as administrator.", ordering.Lifecycle()},
	{"Rule of division", "How what is paid for orders of a listing is divided (`marketplace/ordering`). The seller proposes and the operator agrees; both stand as visitor.", ordering.RuleLifecycle()},
	{"Bill of a month", "What a closed month of use costs (`marketplace/delivery`). The buyer stands as visitor; money and the clock as administrator.", delivery.BillLifecycle()},
	{"Settlement", "What a payee gets of released orders (`marketplace/settlement`; market 2.1). A person of the payee stands as visitor; the bank, the provider and the clock as administrator.", settlement.Lifecycle()},
	{"Refund", "Money that goes back of an order (`marketplace/refunding`; market 2.1). Two people agree who did not ask, of two sides; the bank and the provider stand as administrator.", refunding.Lifecycle()},
	{"Listing of a product", "A product as its seller offers it (`marketplace/offering`; matrix 5.7). Whose it is may do what stands as visitor. That a certificate, a mandate or a version no longer holds is no state: it is asked each time (I-07).", offering.Lifecycle()},
	{"Plan of a listing", "How what is listed is paid for (`marketplace/offering`). One that is live is never changed; one that goes live in its place ends it.", offering.PlanLifecycle()},
	{"Registration of a product", "An application to register a version, to change, renew or hand over what is registered (`marketplace/registration`; FJ-5.2). Whose it is may do what stands as visitor, and anybody objects.", registration.Lifecycle()},
	{"Certificate of a product", "A signed certificate of a registration, a certification or a valuation (`marketplace/registration`). What the clock ends stands as administrator.", registration.CertificateLifecycle()},
	{"Report on a product", "What an independent certifier or valuer says of a version (`marketplace/registration`; TJ-29, TJ-54, AB-35.2).", registration.ReportLifecycle()},
	{"Sharing", "What one public body asks of another, with its grant (`licensing/sharing`; AS-21, TJ-17, AB-27, AS-19, AS-24).", sharing.Lifecycle()},
	{"Objection", "What somebody says is wrong with data, and the re-check (`licensing/corrections`; AB-28, AS-23.2). Filed through the platform it begins as submitted.", corrections.Lifecycle()},
	{"Application", "An application for conditional data (`licensing`; TJ-23, AB-35). What the platform does by itself stands as administrator.", licensing.Lifecycle()},
	{"Tender", "A competition for what only one is given (`licensing/tender`; AB-35.3). What time moves stands as administrator.", tender.Lifecycle()},
	{"Bid", "One bid in a tender, sealed until the opening (`licensing/tender`).", tender.BidLifecycle()},
	{"Grant", "What an application that was agreed to gives (`licensing`; AS-35, AS-44).", licensing.GrantLifecycle()},
	{"Report of use", "What the holder of a grant says of its use, period by period (`licensing/use`; AB-35.4).", use.ReportLifecycle()},
	{"Destruction", "What becomes of delivered data once its grant has ended (`licensing/use`; AS-44, FJ-4.3).", use.DestructionLifecycle()},
	{"Audit", "The audit of one grant that was drawn (`licensing/use`).", use.AuditLifecycle()},
	{"Question", "A question about data, and its answer (`datasets/questions`).", questions.Lifecycle()},
	{"Demand for data", "What people want and is not there yet, from the proposal to the dataset (`licensing/demands`; AS-26, FJ-3.1).", demands.Lifecycle()},
}

const lifecyclesFile = "../docs/lifecycles.md"

// docs/lifecycles.md is what the tables say, and no table is left out.
func TestLifecyclesFile(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Lifecycles\n\nEvery status in the program changes by a row of one of these tables (`internal/workflow`), and by nothing else: the same rows draw the buttons and refuse what is posted by hand. Written from the tables by `go test ./portal -run TestLifecyclesFile -update`.\n")
	for _, l := range lifecycles {
		b.WriteString("\n## " + l.title + "\n\n" + l.says + "\n\n```mermaid\n" + l.diagram + "```\n")
	}
	if *update {
		if err := os.WriteFile(lifecyclesFile, []byte(b.String()), 0o644); err != nil { //nolint:gosec // a page of the documentation
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(lifecyclesFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), b.String()); diff != "" {
		t.Errorf("docs/lifecycles.md is not what the tables say; write it anew with -update: %s", diff)
	}
	if n := tablesOfMoves(t); n != len(lifecycles) {
		t.Errorf("there are %d tables of moves in the source, the page has %d", n, len(lifecycles))
	}
}

// tablesOfMoves counts where the source makes one.
func tablesOfMoves(t *testing.T) (n int) {
	t.Helper()
	made := regexp.MustCompile(`(?m)^(?:var )?\s*\w+ += workflow\.Lifecycle\[`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		n += len(made.FindAll(source, -1))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
