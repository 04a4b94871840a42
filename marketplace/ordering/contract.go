package ordering

import "time"

// ContractState is where a contract stands.
type ContractState string

// The states of a contract.
const (
	Offered   ContractState = "offered" // its text is locked, and not both have signed
	Effective ContractState = "effective"
	Over      ContractState = "ended"
	Void      ContractState = "void"
)

// Signature is who signed for a side, when, and how they had shown who they are.
type Signature struct {
	Name   string
	At     *time.Time // nil: nobody yet
	Method string

	by int64
}

// Terms are what a contract says, for programs: the closed list, and nothing besides
// (market.md H57). JSON of contracts.terms.
type Terms struct {
	Purposes       []string `json:"purposes"` // codes of mandate_purposes
	Areas          []string `json:"areas"`    // codes of order_territories
	Seats          int      `json:"seats"`    // people of the buyer who use it; 0: all of them
	Resale         bool     `json:"resale"`   // never
	Derivative     bool     `json:"derivative"`
	Attribution    string   `json:"attribution"` // AttributionRequired
	DestroyOnEnd   bool     `json:"destroy_on_end"`
	AuditRight     bool     `json:"audit_right"`
	AcceptanceDays int      `json:"acceptance_days"` // working days
}

// AttributionRequired: whoever shows what was made of it names source and day of
// acquisition (AS-35, AB-35.4).
const AttributionRequired = "source and acquisition date"

// Contract is the contract of an order.
type Contract struct {
	ID       int64
	Number   string
	Template string
	Terms    Terms
	Body     string
	SHA256   string
	From     time.Time // [From, Until)
	Until    time.Time
	Buyer    Signature
	Seller   Signature
	State    ContractState
	StateAt  time.Time
	VoidAt   *time.Time
	MadeAt   time.Time
}

// Clearance is a paper for use across the border.
type Clearance struct {
	Kind      string // one of Clearances
	Reference string // 文号
	Issuer    string
	Dated     time.Time
	GivenName string
	GivenAt   time.Time
}

// Clearances are the papers that use across the border needs: assessment, national
// security review, filing with the cyberspace administration (AS-45).
var Clearances = []string{"assessment", "security_review", "filing"}
