package datasets

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"shuyuan/datasets/ingest"
	"shuyuan/internal/account"
	"shuyuan/internal/audit"
	"shuyuan/internal/blob"
	"shuyuan/internal/database"
	"shuyuan/internal/fault"
	"shuyuan/internal/jobs"
	"shuyuan/internal/policy"
	"shuyuan/internal/workflow"
)

// UploadState is where an upload stands.
type UploadState string

// An upload goes from the top to Published, or ends before.
const (
	Uploading    UploadState = "uploading" // bytes are still to come
	Received     UploadState = "received"  // all bytes are here; waits to be read
	Reading      UploadState = "reading"   // a limited child reads it
	Reviewing    UploadState = "review"    // waits for a person
	Rejected     UploadState = "rejected"  // the file is refused, and says why; it may be read in another way
	Failed       UploadState = "failed"    // we could not read it, and it is not the file's fault
	PublishedNow UploadState = "published"
	Discarded    UploadState = "discarded"
	Expired      UploadState = "expired" // nobody came back to it
)

// Ended reports whether nothing more can come of the upload.
func (s UploadState) Ended() bool { return s == PublishedNow || s == Discarded || s == Expired }

// UploadAction is what moves an upload.
type UploadAction string

// What people do, and what reading does.
const (
	ReceiveUpload UploadAction = "receive"
	ReadUpload    UploadAction = "read"
	ProposeUpload UploadAction = "propose"
	RefuseUpload  UploadAction = "refuse"
	FailUpload    UploadAction = "fail"
	RereadUpload  UploadAction = "reread"
	PublishUpload UploadAction = "publish"
	DiscardUpload UploadAction = "discard"
	ExpireUpload  UploadAction = "expire"
)

var (
	officers  = []account.Role{account.Officer}
	ourselves = []account.Role{account.Administrator} // account.System
)

// uploadLifecycle is every move of an upload. Whose it is, the operations ask.
var uploadLifecycle = workflow.Lifecycle[UploadState, UploadAction, *Upload]{
	{Action: ReceiveUpload, From: []UploadState{Uploading}, To: Received, By: officers},
	{Action: ReadUpload, From: []UploadState{Received, Reading}, To: Reading, By: ourselves},
	{Action: ProposeUpload, From: []UploadState{Reading}, To: Reviewing, By: ourselves},
	{Action: RefuseUpload, From: []UploadState{Reading}, To: Rejected, By: ourselves},
	{Action: FailUpload, From: []UploadState{Reading}, To: Failed, By: ourselves},
	{Action: RereadUpload, From: []UploadState{Reviewing, Rejected, Failed}, To: Received, By: officers},
	{Action: PublishUpload, From: []UploadState{Reviewing}, To: PublishedNow, By: officers},
	{Action: DiscardUpload, From: []UploadState{Uploading, Received, Reading, Reviewing, Rejected, Failed}, To: Discarded, By: officers},
	{Action: ExpireUpload, From: []UploadState{Uploading, Received, Reviewing, Rejected, Failed}, To: Expired, By: ourselves},
}

// Upload is a file on its way to become a version.
type Upload struct {
	ID         string
	ResourceID string
	Department int64
	Owner      int64 // whose it is: nobody else sends bytes to it
	OwnerName  string
	FileName   string
	Bytes      int64 // as announced
	Got        int64 // as many are durable
	State      UploadState
	SHA256     string // once it is whole

	Header    string // whether the first line names the columns, as an officer said: yes, no; empty: as found
	Encoding  string // what an officer said; empty: as found
	Delimiter string

	Progress ingest.Progress
	Scan     Scan       // what follows reading
	Started  *time.Time // when reading began
	Format   string
	Found    string // the encoding that was found
	NoHeader bool   // found: the first line is data
	Notes    []ingest.Note
	Findings []ingest.Finding
	Refusal  *fault.Fault    // why it was rejected or failed
	BadRows  *ingest.BadRows // for which it was rejected; nil where it was for something else
	Tables   []UploadTable

	ReviewedName, ReviewedReason string

	Review    string // where its last opening review stands; empty: it has none
	VersionID int64  // what became of it
	Number    int    // of that version
	Created   time.Time
	Changed   time.Time
	Expires   time.Time

	// of its dataset and resource, for lists
	DatasetID      int64
	DatasetSlug    string
	DatasetTitle   string
	DatasetTitleEN string
	ResourceName   string
	ResourceNameEN string

	attempt     int
	compression string
	compared    *compared
}

// UploadTable is a table as it was read.
type UploadTable struct {
	Position int
	Name     string
	Rows     int64
	Columns  []ingest.Column
	Notes    []ingest.Note
	Preview  [][]string
	Misfits  int64
	file     tableFile
}

// UploadRules are what uploads may take of the installation: rules of the
// platform (internal/policy, 平台规则).
type UploadRules struct {
	FileBytes       int64         // of one file
	OpenOfPerson    int           // uploads of one person that have not ended
	DepartmentBytes int64         // of all uploads of one department that have not ended
	FreeBytes       int64         // of the disk, that stay free
	Unfinished      time.Duration // after the last byte that came
	Waiting         time.Duration // once all bytes are here
}

// Uploads lets officers upload files, which lie in dir until they are whole.
func Uploads(dir string, rules UploadRules) Option {
	return func(s *Service) { s.uploads = &staging{dir: dir, rules: rules, writers: map[string]*writer{}} }
}

// UploadRules are the rules in force; nil where nothing can be uploaded here.
func (s *Service) UploadRules() *UploadRules {
	if s.uploads == nil {
		return nil
	}
	return &s.uploads.rules
}

// UploadReceived announces that all bytes of an upload are here.
type UploadReceived struct {
	jobs.Sized
	ID string `json:"id"`
}

// largeUpload is how many bytes an upload has that keeps no smaller one waiting.
const largeUpload = 16 << 20

func received(id string, bytes int64) UploadReceived {
	return UploadReceived{ID: id, Sized: jobs.Sized{Large: bytes >= largeUpload}}
}

// Kind names the job.
func (UploadReceived) Kind() string { return "upload_received" }

// NewUpload is a file that somebody wants to send.
type NewUpload struct {
	ResourceID string
	FileName   string
	Bytes      int64
}

func errNoUpload() error { return fault.New(fault.NotFound, "没有这次上传。") }

// uploader returns the department whose uploads who may see and move: an
// officer's own.
func uploader(who account.Actor) (int64, error) {
	if !own(who, who.Department) || !who.Covers(account.ScopePublish) {
		return 0, fault.New(fault.Forbidden, "只有部门的数据专员可以上传。")
	}
	return who.Department, nil
}

// StartUpload makes room for a file of a resource of who's department. It
// returns fault.NotFound for a resource that who may not know of,
// fault.Forbidden for another department's, fault.Invalid for a name or length
// that no file has, fault.TooLarge beyond the rules for one file, and
// fault.Conflict or fault.Unavailable beyond those for all.
func (s *Service) StartUpload(ctx context.Context, who account.Actor, n NewUpload) (*Upload, error) {
	if s.uploads == nil {
		return nil, fault.New(fault.Unavailable, "这里不能上传文件。")
	}
	d, r, err := s.Resource(ctx, who, n.ResourceID)
	if err != nil {
		return nil, err
	}
	if err := mayEdit(who, d.Department.ID); err != nil {
		return nil, err
	}
	if r.Link != nil {
		return nil, fault.New(fault.Conflict, "这个资源是地址，不是文件，没有版本可传。")
	}
	u := &Upload{ID: strings.ToLower(rand.Text()), ResourceID: n.ResourceID, Department: d.Department.ID, Owner: who.ID, OwnerName: who.Name, Bytes: n.Bytes, State: Uploading}
	if u.FileName, err = fileName(n.FileName); err != nil {
		return nil, err
	}
	if err := ingest.CheckName(u.FileName); err != nil {
		return nil, err
	}
	if err := s.uploads.admits(n.Bytes); err != nil {
		return nil, err
	}
	return database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Upload, error) {
		if err := s.room(ctx, tx, u); err != nil {
			return nil, err
		}
		u.Created, u.Changed = s.now(), s.now()
		u.Expires = u.Created.Add(s.uploads.rules.Unfinished)
		if err := readAsBefore(ctx, tx, u); err != nil {
			return nil, err
		}
		if err := insertUpload(ctx, tx, u); err != nil {
			return nil, err
		}
		return u, audit.Append(ctx, tx, who, "upload", u.ID, "start", map[string]string{"resource": u.ResourceID, "file": u.FileName, "bytes": fmt.Sprint(u.Bytes)})
	})
}

// Upload returns an upload of who's own department.
func (s *Service) Upload(ctx context.Context, who account.Actor, id string) (*Upload, error) {
	department, err := uploader(who)
	if err != nil {
		return nil, err
	}
	return selectUpload(ctx, s.pool, id, department)
}

// OwnUpload is Upload for whoever sends its bytes: only who began it, only to
// its end. It ends the sending that may still be under way, so that what it
// returns is all that came.
func (s *Service) OwnUpload(ctx context.Context, who account.Actor, id string) (*Upload, error) {
	u, err := s.Upload(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if u.Owner != who.ID || s.uploads == nil {
		return nil, errNoUpload()
	}
	if u.State == Uploading && s.uploads.interrupt(ctx, id) {
		return s.Upload(ctx, who, id)
	}
	return u, nil
}

// Chunk is a part of a file on its way.
type Chunk struct {
	io.Reader
	Offset int64
	SHA256 []byte // of the part, if its sender says; nil otherwise
	Last   bool   // the file ends with it, also where more was announced: the length of what a form holds is known at its end
	Stop   func() // ends Reader while it is being read
}

// AppendUpload takes the next bytes of a file and returns how many are durable
// now, also where it fails on the way. It returns fault.Conflict where Offset is
// not the end of what is here, fault.Malformed for more bytes than were
// announced or such as have another digest: of these nothing is kept.
// With the last byte the file is whole, and its reading is announced in the same
// transaction.
func (s *Service) AppendUpload(ctx context.Context, who account.Actor, id string, c Chunk) (int64, error) {
	u, err := s.OwnUpload(ctx, who, id)
	if err != nil {
		return 0, err
	}
	if u.State != Uploading {
		return u.Got, s.afterTheEnd(u, c)
	}
	leave, err := s.uploads.enter(ctx, id, c.Stop)
	if err != nil {
		return u.Got, err
	}
	defer leave()
	if u, err = s.Upload(ctx, who, id); err != nil { // as it is now that nobody else writes
		return 0, err
	}
	if u.State != Uploading {
		return u.Got, s.afterTheEnd(u, c)
	}
	return s.receive(ctx, who, u, c)
}

// afterTheEnd is for bytes that come when all are here: none more is right, as
// a sender who did not hear the answer sends.
func (s *Service) afterTheEnd(u *Upload, c Chunk) error {
	if u.State.Ended() && u.State != PublishedNow {
		return fault.New(fault.Gone, "这次上传已经结束。")
	}
	if n, _ := io.ReadFull(c, make([]byte, 1)); c.Offset != u.Got || n > 0 {
		return errOffset(u.Got)
	}
	return nil
}

func errOffset(got int64) error {
	return fault.New(fault.Conflict, "下一段要从第 %d 字节开始。", got)
}

// DiscardUpload ends an upload of who's department that was not published, and
// takes its bytes away.
func (s *Service) DiscardUpload(ctx context.Context, who account.Actor, id string) error {
	department, err := uploader(who)
	if err != nil {
		return err
	}
	_, err = s.end(ctx, who, id, department, DiscardUpload)
	return err
}

// end takes an upload to a state in which nothing of it is kept but its row: its
// bytes are gone when it returns. What a store that does not answer keeps, Sweep
// takes later.
func (s *Service) end(ctx context.Context, who account.Actor, id string, department int64, action UploadAction) (*Upload, error) {
	u, err := database.InTx(ctx, s.pool, func(tx pgx.Tx) (*Upload, error) {
		u, err := s.move(ctx, tx, who, id, department, action)
		if err != nil {
			return nil, err
		}
		return u, s.forget(ctx, tx, u)
	})
	if err != nil {
		return nil, err
	}
	s.uploads.interrupt(ctx, id)
	if err := s.uploads.remove(id); err != nil {
		return u, err
	}
	var gone []blob.Digest
	for _, d := range u.objects() {
		gone = append(gone, blob.Digest(d))
	}
	if len(gone) == 0 {
		return u, nil
	}
	return u, s.sweep(ctx, gone) // but for what a version or another upload holds
}

// move locks an upload and takes it along its lifecycle; department 0 is any.
func (s *Service) move(ctx context.Context, tx pgx.Tx, who account.Actor, id string, department int64, action UploadAction) (*Upload, error) {
	u, err := lockUpload(ctx, tx, id, department)
	if err != nil {
		return nil, err
	}
	from := u.State
	if u.State, err = uploadLifecycle.Next(from, action, who, u); err != nil {
		return nil, err
	}
	if slices.Contains([]UploadAction{RereadUpload, DiscardUpload, ExpireUpload}, action) {
		if err := notUnderReview(ctx, tx, u); err != nil {
			return nil, err
		}
	}
	if u.Changed = s.now(); !u.State.Ended() {
		u.Expires = u.Changed.Add(s.uploads.rules.Waiting)
	}
	return u, audit.Append(ctx, tx, who, "upload", id, string(action), audit.Moved(from, u.State))
}

// UploadRulesFrom reads the rules of the platform.
func UploadRulesFrom(b *policy.Book) (UploadRules, error) {
	number := map[string]int64{}
	for _, path := range []string{"upload_file", "upload_open", "upload_department", "upload_free_disk", "upload_unfinished", "upload_waiting"} {
		r, _ := b.House().Rule(path)
		n, ok := r.Number()
		if !ok {
			return UploadRules{}, fmt.Errorf("the platform has no rule %s", path)
		}
		number[path] = int64(n)
	}
	return UploadRules{
		FileBytes: min(number["upload_file"]<<30, maxFile), OpenOfPerson: int(number["upload_open"]),
		DepartmentBytes: number["upload_department"] << 30, FreeBytes: number["upload_free_disk"] << 30,
		Unfinished: time.Duration(number["upload_unfinished"]) * time.Hour, Waiting: time.Duration(number["upload_waiting"]) * 24 * time.Hour,
	}, nil
}

// Offers are the actions that who can take on u: a button for each.
func (u *Upload) Offers(who account.Actor) []UploadAction {
	if department, err := uploader(who); err != nil || department != u.Department {
		return nil
	}
	return slices.DeleteFunc(uploadLifecycle.Offer(u.State, who, u), func(a UploadAction) bool { return a == ReceiveUpload }) // done by sending
}

// Share is how much of u's file has been read, from 0 to 100.
func (u *Upload) Share() int {
	if u.Progress.Of <= 0 {
		return 0
	}
	return int(min(100, 100*u.Progress.Bytes/u.Progress.Of))
}

// Left is how long reading will take yet, at the rate so far; false while that
// says nothing, and once the file has been read: how long it takes to look
// through its rows depends on what they hold.
func (u *Upload) Left(now time.Time) (time.Duration, bool) {
	if u.State != Reading || u.Started == nil || u.Progress.Bytes <= 0 || u.Progress.Of < u.Progress.Bytes || u.Scan.Of > 0 {
		return 0, false
	}
	took := now.Sub(*u.Started)
	if took < 2*time.Second {
		return 0, false
	}
	return time.Duration(float64(took) * float64(u.Progress.Of-u.Progress.Bytes) / float64(u.Progress.Bytes)).Round(time.Second), true
}
