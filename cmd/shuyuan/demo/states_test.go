package demo

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"shuyuan/datasets"
	"shuyuan/datasets/catalogue"
	"shuyuan/datasets/opening"
	"shuyuan/datasets/questions"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/licensing/corrections"
)

func theStates(t *testing.T) states {
	t.Helper()
	var s states
	if err := read(theWorld(t).folder, "states.yaml", &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// wantedStates is what of the states the query holds yields.
func wantedStates(t *testing.T) (out []string) {
	t.Helper()
	for _, e := range theStates(t).Entries {
		status, open := datasets.Draft, e.Says["open_type"]
		if e.Public {
			status = datasets.Published
		}
		if open == "" && !e.Bare {
			open = string(datasets.Unconditional)
		}
		for _, f := range e.Files {
			if f.To == opening.ApprovedConditional {
				open = string(datasets.Conditional)
			}
		}
		start := fmt.Sprint(e.Slug, " ", status, " ", open)
		if len(e.Files) == 0 {
			out = append(out, start)
		}
		for _, f := range e.Files {
			row := start + " " + resourceID(e.Slug, f.Key)
			if f.To == "" || f.To.Lets() {
				content, err := files.ReadFile("world/states/" + f.File)
				if err != nil {
					t.Fatal(err)
				}
				row += fmt.Sprintf(" 1 %x", sha256.Sum256(content))
			}
			out = append(out, row)
		}
	}
	return out
}

// actor is a demo account.
func (in *installation) actor(t *testing.T, identifier string) account.Actor {
	t.Helper()
	users, err := in.Accounts.Users(t.Context(), account.System("demo"))
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(users, func(u account.User) bool { return u.Identifier == identifier })
	if at < 0 || !users[at].Sample || !strings.HasPrefix(users[at].Name, "示例") {
		t.Fatalf("there is no sample account %s", identifier)
	}
	u := users[at]
	return account.Actor{ID: u.ID, Name: u.Name, Roles: u.Roles, Side: u.Side, Department: u.Department}
}

// showsEveryState asks the services for their own lists, as the desks do.
func (in *installation) showsEveryState(t *testing.T) {
	officer, authority, citizen := in.actor(t, theOfficer), in.actor(t, theAuthority), in.actor(t, theCitizen)

	t.Run("of the opening review", func(t *testing.T) {
		for identifier, want := range map[string][]string{
			securityDesk:   {"hualien-earthquakes-2018 published_provisional", "relief-by-city security_check", "serious-bird-strikes security_check"},
			secrecyDesk:    {"serious-bird-strikes secrecy_check"},
			cyberspaceDesk: {"serious-bird-strikes joint_review"},
		} {
			who := in.actor(t, identifier)
			all, err := in.Opening.Queue(t.Context(), who, opening.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range all {
				if in.Opening.Yours(who, r) {
					got = append(got, r.Slug+" "+string(r.State))
				}
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("for %s wait %q, want %q", identifier, got, want)
			}
		}
		all, err := in.Opening.Queue(t.Context(), officer, opening.Filter{All: true})
		if err != nil {
			t.Fatal(err)
		}
		ended := map[opening.State]*opening.Review{}
		for _, r := range all {
			if r.Kind != opening.Imported {
				ended[r.State] = r
			}
			if r.Kind == opening.Ordinary && r.ProposedName != officer.Name {
				t.Errorf("%s was proposed by %q", r.Slug, r.ProposedName)
			}
		}
		returned, withheld, conditional, approved := ended[opening.Returned], ended[opening.Withheld], ended[opening.ApprovedConditional], ended[opening.Approved]
		if returned == nil || withheld == nil || conditional == nil || approved == nil {
			t.Fatalf("the reviews ended as %v", ended)
		}
		if !strings.Contains(returned.Checks[0].Words, "数据字典") {
			t.Errorf("returned with the words %q", returned.Checks[0].Words)
		}
		if len(withheld.Decided.Bases) != 1 || withheld.Decided.Bases[0].Article != "第三十八条" || len(conditional.Decided.Bases) != 1 || conditional.Decided.Safeguards == "" || conditional.Terms.Open != datasets.Unconditional {
			t.Errorf("withheld on %+v, conditional on %+v", withheld.Decided, conditional.Decided)
		}
		if len(approved.Checks) != 3 || !approved.Stands(in.Now()) || approved.StandingTerms == "" || approved.VersionID == 0 {
			t.Errorf("approved: %+v", approved)
		}
		again, err := in.Opening.ReviewAgain(t.Context(), officer)
		if err != nil || len(again) != 1 || again[0].FileName != "strikes-1995-airspeed.csv" || again[0].Newest != 1 {
			t.Errorf("to be reviewed anew: %+v, %v", again, err)
		}
		waiting, err := in.Datasets.Waiting(t.Context(), officer)
		if err != nil {
			t.Fatal(err)
		}
		var looked []string
		for _, i := range waiting {
			looked = append(looked, i.Kind+" "+i.Title.Zh)
		}
		if !slices.Equal(looked, []string{"upload strikes-1995-airspeed.csv"}) { // the others wait for reviewers, or in the list of reviews
			t.Errorf("the officer is asked to look at %q", looked)
		}
		uploads, err := in.Datasets.Uploads(t.Context(), officer, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		stand := map[string]string{}
		for _, u := range uploads.Items {
			stand[u.FileName] = u.Review
		}
		if stand["strikes-1996.csv"] != string(opening.SecurityCheck) || stand["strikes-1999.csv"] != string(opening.Returned) || stand["strikes-1995-airspeed.csv"] != "" {
			t.Errorf("the reviews of uploads stand at %v", stand)
		}
	})

	t.Run("of an emergency", func(t *testing.T) {
		all, err := in.Opening.PublicEmergencies(t.Context())
		if err != nil || len(all) != 1 || !slices.Equal(all[0].Slugs, []string{"hualien-earthquakes-2018"}) || !strings.Contains(all[0].Title, "示例") {
			t.Errorf("%+v, %v", all, err)
		}
	})

	t.Run("of what was made of withheld data", func(t *testing.T) {
		d, err := in.Datasets.Dataset(t.Context(), officer, "relief-by-city")
		if err != nil {
			t.Fatal(err)
		}
		made, err := in.Datasets.Lineages(t.Context(), nil, d.ID)
		if err != nil || len(made) != 1 || made[0].SourceSlug != "relief-recipients" || made[0].Report == nil || made[0].Report.LeftOut() != 2 {
			t.Errorf("%+v, %v", made, err)
		}
		for _, slug := range []string{"relief-recipients", "relief-by-city"} {
			if _, err := in.Datasets.Dataset(t.Context(), account.Actor{}, slug); fault.KindOf(err) != fault.NotFound {
				t.Errorf("a visitor who asks for %s gets %v", slug, err)
			}
		}
	})

	t.Run("of the catalogue", func(t *testing.T) {
		list, _, err := in.Catalogue.List(t.Context(), officer, catalogue.Filter{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]catalogue.ListLine{}
		for _, l := range list {
			if at[l.Slug] = l; !l.Sample {
				t.Errorf("%s is not marked as a sample", l.Slug)
			}
		}
		for slug, want := range map[string]catalogue.State{"shelters-draft": catalogue.Draft, "rescue-teams": catalogue.WithHead, "drill-plans": catalogue.Submitted, "accident-statistics": catalogue.Returned} {
			if got := at[slug].State; got != want {
				t.Errorf("%s is %q, want %q", slug, got, want)
			}
		}
		if at["drill-plans"].Clock == nil || at["accident-statistics"].Reason == "" {
			t.Errorf("the clock of the authority is %v, the entry was returned because %q", at["drill-plans"].Clock, at["accident-statistics"].Reason)
		}
		imports, err := in.Catalogue.Imports(t.Context(), officer)
		if err != nil || len(imports) != 1 || imports[0].Created != 2 {
			t.Fatalf("%+v, %v", imports, err)
		}
		whole, err := in.Catalogue.Imported(t.Context(), officer, imports[0].ID)
		if err != nil || len(whole.Rows) != 2 || whole.Rows[0].Outcome != catalogue.CanUndo {
			t.Errorf("the import cannot be taken back: %+v, %v", whole, err)
		}
		changes, err := in.Catalogue.Changes(t.Context(), officer)
		if err != nil || len(changes) != 1 || changes[0].Running() == nil || changes[0].Late(in.Now()) {
			t.Errorf("%+v, %v", changes, err)
		}
	})

	t.Run("of accounts and organisations", func(t *testing.T) {
		waiting, err := in.Accounts.Submitted(t.Context(), authority)
		if err != nil || len(waiting) != 1 || waiting[0].Name != waitingName || !waiting[0].Sample {
			t.Fatalf("%+v, %v", waiting, err)
		}
		if papers, err := in.Accounts.PapersOf(t.Context(), authority, waiting[0].ID); err != nil || len(papers) != 2 {
			t.Errorf("%+v, %v", papers, err)
		}
		owner := in.actor(t, theOwner)
		own, err := in.Accounts.Organisations(t.Context(), owner)
		if err != nil || len(own) != 1 || own[0].Status != account.OrgVerified || !own[0].Sample {
			t.Fatalf("%+v, %v", own, err)
		}
		if papers, err := in.Accounts.PapersOf(t.Context(), owner, own[0].ID); err != nil || len(papers) != 3 || papers[2].Kind != account.Qualification {
			t.Errorf("%+v, %v", papers, err)
		}
		if members, invited, err := in.Accounts.Members(t.Context(), owner, own[0].ID); err != nil || len(members) != 1 || len(invited) != 1 || invited[0].Identifier != theCitizen {
			t.Errorf("members %+v, invited %+v, %v", members, invited, err)
		}
		if left := in.state(t, `SELECT identifier FROM users WHERE leaving_at IS NOT NULL`); !slices.Equal(left, []string{theLeaver}) {
			t.Errorf("%v leave", left)
		}
	})

	t.Run("of who follows and asks", func(t *testing.T) {
		in.spread(t)
		list, _, err := in.Following.Notices(t.Context(), citizen, 0, true)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		for _, n := range list {
			kinds[n.Kind]++
		}
		if kinds["published"] < 3 || kinds["answer"] != 1 || kinds["note"] != 1 {
			t.Errorf("unread notices: %v", kinds)
		}
		open, err := in.Questions(in.Now).Department(t.Context(), officer, false)
		if err != nil || len(open) != 3 || open[2].Reported != 1 {
			t.Fatalf("%+v, %v", open, err)
		}
		open = open[:2] // the third was answered, and reported
		for _, q := range open {
			if q.Late(in.Now()) {
				t.Errorf("%s is late", q.Body)
			}
		}
		if near := slices.MinFunc(open, func(a, b questions.Question) int { return a.Clock.Due().Compare(b.Clock.Due()) }); near.Clock.Due().Sub(in.Now()).Hours() > 48 {
			t.Errorf("the nearest answer is due %v", near.Clock.Due())
		}
		answered, err := in.Questions(in.Now).Of(t.Context(), account.Actor{}, explained, 10)
		if err != nil || len(answered) != 1 || answered[0].Answer == "" {
			t.Errorf("%+v, %v", answered, err)
		}
		hidden, err := in.Questions(in.Now).Gone(t.Context(), account.Actor{}, explained)
		if err != nil || len(hidden) != 1 || hidden[0].HideReason == "" || hidden[0].Body != "" {
			t.Errorf("%+v, %v", hidden, err)
		}
		objections, err := in.Corrections(in.Now).Department(t.Context(), officer, true, "")
		if err != nil {
			t.Fatal(err)
		}
		states, late := map[corrections.State]int{}, 0
		for i := range objections.Items {
			states[objections.Items[i].State]++
			if objections.Items[i].Late(in.Now()) {
				late++
			}
		}
		if len(states) != 8 || late != 1 {
			t.Errorf("objections: %v, %d late", states, late)
		}
		public, err := in.Notes.Of(t.Context(), account.Actor{}, explained, true)
		if err != nil || len(public) != 1 {
			t.Errorf("%+v, %v", public, err)
		}
		if waiting, err := in.Notes.Waiting(t.Context(), in.actor(t, theHead)); err != nil || len(waiting) != 1 {
			t.Errorf("%+v, %v", waiting, err)
		}
	})
}

// spread tells followers of everything that happened, as the jobs of a server do.
func (in *installation) spread(t *testing.T) {
	t.Helper()
	rows, err := in.pool.Query(t.Context(), `SELECT args FROM river_job WHERE kind = $1 ORDER BY id`, datasets.EventsTold{}.Kind())
	if err != nil {
		t.Fatal(err)
	}
	var jobs []datasets.EventsTold
	for rows.Next() {
		var raw []byte
		var job datasets.EventsTold
		if err := rows.Scan(&raw); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &job); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, job)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, job := range jobs {
		if err := in.Following.Spread(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
}

// What is public of the states was taken from the files of the world as it
// stands there; what is made up says so in every row, and is never public.
func TestTheFilesOfTheStatesAreExtractsOrSayThatTheyAreMadeUp(t *testing.T) {
	known := map[string][]map[string]string{"strikes": nil, "repair": nil, "hualien": quakes(t)}
	strikes := table(t, "files/bird-strikes-1990-2002.csv")
	known["strikes"], known["repair"] = strikes, strikes
	public := map[string]bool{}
	for _, e := range theStates(t).Entries {
		madeUp := strings.Contains(e.Title, "内容虚构") && strings.Contains(e.Says["title_en"], "made up")
		for _, f := range e.Files {
			names := []string{f.File}
			if f.Next != nil {
				names = append(names, f.Next.File)
			}
			for _, name := range names {
				if public[name] = !madeUp; madeUp && e.Public && e.Says["open_type"] != string(datasets.Withheld) {
					t.Errorf("%s is made up and public", name)
				}
			}
		}
	}
	there, err := fs.Glob(theWorld(t).folder, "states/*")
	if err != nil || len(there) != len(public) {
		t.Fatalf("%d files, %d are used: %v", len(there), len(public), err)
	}
	for _, file := range there {
		rows := table(t, file)
		if len(rows) < 20 {
			t.Errorf("%s has %d rows", file, len(rows))
		}
		for i, row := range rows {
			if !public[path.Base(file)] {
				if row["编号"] != fmt.Sprintf("示例%04d", i+1) {
					t.Errorf("%s, row %d: %v", file, i+1, row)
				}
				continue
			}
			prefix, _, _ := strings.Cut(path.Base(file), "-")
			if !slices.ContainsFunc(known[prefix], func(whole map[string]string) bool { return within(row, whole) }) {
				t.Errorf("%s, row %d is not of the file that it was taken from: %v", file, i+1, row)
			}
		}
	}
}

func within(row, whole map[string]string) bool {
	for column, cell := range row {
		if got, ok := whole[column]; !ok || got != cell {
			return false
		}
	}
	return true
}

func table(t *testing.T, name string) (out []map[string]string) {
	t.Helper()
	f, err := theWorld(t).folder.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		named := map[string]string{}
		for i, cell := range row {
			named[strings.TrimPrefix(rows[0][i], "\ufeff")] = cell
		}
		out = append(out, named)
	}
	return out
}

// quakes are the earthquakes of the world as rows.
func quakes(t *testing.T) (out []map[string]string) {
	t.Helper()
	content, err := fs.ReadFile(theWorld(t).folder, "files/earthquakes-2018-02.geojson")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Features []struct {
			Properties map[string]any
			Geometry   struct{ Coordinates [2]json.Number }
		}
	}
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.UseNumber()
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	for _, f := range all.Features {
		row := map[string]string{"经度": f.Geometry.Coordinates[0].String(), "纬度": f.Geometry.Coordinates[1].String()}
		for k, v := range f.Properties {
			row[k] = fmt.Sprint(v)
		}
		out = append(out, row)
	}
	return out
}
