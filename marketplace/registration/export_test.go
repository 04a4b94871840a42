package registration

import "shuyuan/internal/deadline"

// Terms are the periods by name, for tests that count days.
var Terms = map[string]deadline.Term{"apply": applyTerm, "accept": acceptTerm, "check": checkTerm, "notice": noticeTerm, "answer": answerTerm, "issue": issueTerm, "certify": certifyTerm, "value": valueTerm}
