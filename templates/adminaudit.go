package templates

import (
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"shuyuan/internal/audit"
)

// AuditPage is a part of the audit trail.
type AuditPage struct {
	Frame
	Query  AuditQuery
	Items  []audit.Record
	More   bool // there is more after the last item
	State  audit.State
	Checks []audit.Check // verifications of the chain, the newest first
}

// AuditChecksPage is the verifications of the chain.
type AuditChecksPage struct {
	Frame
	State  audit.State
	Checks []audit.Check // the newest first
}

// Running reports whether a verification is under way.
func (p AuditChecksPage) Running() bool { return len(p.Checks) > 0 && p.Checks[0].Finished == nil }

// problemWords are what is wrong at a place of the chain.
var problemWords = map[audit.ProblemKind]string{
	audit.LinksMissing:    "这一条以前的记录被抽走了",
	audit.HashWrong:       "这一条或以前的记录与封存时不同",
	audit.PersonalMissing: "这一条的个人部分不见了",
	audit.PersonalOther:   "这一条的个人部分与写入时不同",
	audit.HeadOther:       "这一条与上次核对时不同",
	audit.CutOff:          "链比上次核对时短，末尾被截掉了",
}

// AuditQuery is what the trail is narrowed to, as it stands in the address.
type AuditQuery struct {
	Actor, Act, Subject, ID, From, To string
}

// AuditEntryPage is one entry with its details.
type AuditEntryPage struct {
	Frame
	Entry audit.Record
}

func (q AuditQuery) values() url.Values {
	out := url.Values{}
	for name, value := range map[string]string{"actor": q.Actor, "act": q.Act, "subject": q.Subject, "id": q.ID, "from": q.From, "to": q.To} {
		if value != "" {
			out.Set(name, value)
		}
	}
	return out
}

// href is path with the filters, and where to go on from.
func (q AuditQuery) href(path string, before int64) string {
	v := q.values()
	if before > 0 {
		v.Set("before", strconv.FormatInt(before, 10))
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func (p AuditPage) last() int64 { return p.Items[len(p.Items)-1].ID }

// auditDetails are the details of an entry in the order of their names.
func auditDetails(r audit.Record) [][2]string {
	var out [][2]string
	for _, k := range slices.Sorted(maps.Keys(r.Details)) {
		out = append(out, [2]string{k, r.Details[k]})
	}
	return out
}

func entryHref(r audit.Record) string { return "/desk/admin/audit/" + strconv.FormatInt(r.ID, 10) }

func headHash(b []byte) string {
	s := hex.EncodeToString(b)
	return s[:min(len(s), 16)]
}

func hexHash(b []byte) string { return hex.EncodeToString(b) }
