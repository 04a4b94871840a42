package demo

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"shuyuan/internal/account"
)

// The sample organisations. Their codes begin with a registration authority that
// there is not (000000), so that they are nobody's.
const (
	verifiedName, verifiedCode = "示例数据科技有限公司（虚构）", "91000000MA0000001"
	waitingName, waitingCode   = "示例数据服务事务所（虚构）", "53000000MA0000002"
)

// represent shows an organisation that was verified, with its papers and somebody
// invited to it, and one that waits for the data authority.
func (s *stage) represent(ctx context.Context) error {
	verified := account.NewOrganisation{Kind: account.Legal, Name: verifiedName, Code: checked(verifiedCode), Head: "示例某甲", Registrar: "示例登记机关", Address: "示例路 1 号"}
	id, owner, err := s.organisation(ctx, theOwner, verified, account.Registration, account.Authorisation, account.Qualification)
	if err != nil {
		return err
	}
	there, err := s.Accounts.Organisation(ctx, owner, id)
	if err != nil {
		return err
	}
	if there.Status == account.OrgSubmitted {
		if err := s.Accounts.DecideOrganisation(ctx, s.as(theAuthority), id, true, ""); err != nil {
			return err
		}
	}
	_, invited, err := s.Accounts.Members(ctx, owner, id)
	if err != nil {
		return err
	}
	if len(invited) == 0 {
		if err := s.Accounts.Invite(ctx, owner, id, theCitizen, account.Member); err != nil {
			return err
		}
	}
	waiting := account.NewOrganisation{Kind: account.Unincorporated, Name: waitingName, Code: checked(waitingCode), Head: "示例某乙", Registrar: "示例登记机关", Address: "示例路 2 号"}
	_, _, err = s.organisation(ctx, theWaitingOwner, waiting, account.Registration, account.Qualification)
	return err
}

// organisation is one that its owner has registered, given papers and submitted.
func (s *stage) organisation(ctx context.Context, identifier string, n account.NewOrganisation, papers ...string) (int64, account.Actor, error) {
	owner, end, err := s.signIn(ctx, identifier)
	if err != nil {
		return 0, owner, err
	}
	defer end()
	all, err := s.Accounts.Organisations(ctx, owner)
	if err != nil {
		return 0, owner, err
	}
	var o account.Organisation
	if i := slices.IndexFunc(all, func(o account.Organisation) bool { return o.Name == n.Name }); i >= 0 {
		o = all[i]
	} else if o.ID, err = s.Accounts.SaveOrganisation(ctx, owner, 0, n); err != nil {
		return 0, owner, err
	}
	if o.Status != "" && o.Status != account.OrgDraft {
		return o.ID, owner, nil
	}
	there, err := s.Accounts.PapersOf(ctx, owner, o.ID)
	if err != nil {
		return 0, owner, err
	}
	group, within := errgroup.WithContext(ctx)
	for _, kind := range papers {
		if !slices.ContainsFunc(there, func(p account.Paper) bool { return p.Kind == kind }) {
			group.Go(func() error {
				return s.Accounts.AddPaper(within, owner, o.ID, account.NewPaper{Kind: kind, Name: paperNames[kind]}, bytes.NewReader(paper()))
			})
		}
	}
	if err := group.Wait(); err != nil {
		return 0, owner, err
	}
	return o.ID, owner, s.Accounts.SubmitOrganisation(ctx, owner, o.ID)
}

var paperNames = map[string]string{account.Registration: "示例登记证照.pdf", account.Authorisation: "示例授权书.pdf", account.Qualification: "示例资质证书.pdf"}

// leave is an account in the days in which its deletion can be taken back.
func (s *stage) leave(ctx context.Context) error {
	who, _, err := s.signIn(ctx, theLeaver)
	if err != nil {
		return err
	}
	return s.Accounts.AskToLeave(ctx, who) // ends the session, too
}

// signIn opens a session, and says how to end it.
func (s *stage) signIn(ctx context.Context, identifier string) (who account.Actor, end func(), err error) {
	session, err := s.Accounts.SignIn(ctx, identifier, s.secrets[identifier], sessionNetwork, sessionOf)
	if err != nil {
		return who, nil, err
	}
	who, err = s.Accounts.Actor(ctx, session.Token)
	return who, func() { _ = s.Accounts.Forget(ctx, session.Token) }, err
}

// checked is a 统一社会信用代码 with the character that checks the 17 others
// (GB 32100-2015, 5.2.5).
func checked(seventeen string) string {
	for _, last := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		if code, err := account.CreditCode(seventeen + string(last)); err == nil {
			return code
		}
	}
	panic("no character checks " + seventeen)
}

// paper is a page that says of itself that it is a sample.
func paper() []byte {
	const text = "BT /F1 28 Tf 72 720 Td (SAMPLE) Tj /F1 14 Tf 0 -40 Td (Made up for the sample world. It certifies nothing.) Tj ET"
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}
