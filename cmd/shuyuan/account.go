package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"shuyuan/datasets"
	"shuyuan/internal/account"
	"shuyuan/internal/fault"
	"shuyuan/templates/text"
)

// accountCall is one call of `shuyuan account`.
type accountCall struct {
	services
	c                                *call
	name, role, department, password string
}

// accountActs are what `shuyuan account` does, with the flags that each takes.
var accountActs = map[string]struct {
	run     func(*accountCall, context.Context, string) error
	flags   []string
	general bool // about no single account
}{
	"add":      {run: (*accountCall).add, flags: []string{"name", "role", "department", "password"}},
	"list":     {run: (*accountCall).list, general: true},
	"password": {run: (*accountCall).setPassword, flags: []string{"password"}},
	"disable":  {run: (*accountCall).disable},
	"enable":   {run: (*accountCall).enable},
	"factors":  {run: (*accountCall).resetFactors},
}

// byCommand is who acts here: whoever may run commands on the server runs the
// installation.
var byCommand = account.System("account")

func accounts(ctx context.Context, c *call) error {
	a := &accountCall{c: c}
	cfg, err := c.setup(func(f *flag.FlagSet) {
		f.StringVar(&a.name, "name", "", "name of the person or the program")
		f.StringVar(&a.role, "role", "", "one of "+roleList())
		f.StringVar(&a.department, "department", "", "slug of an officer's department")
		f.StringVar(&a.password, "password", "", "file whose first line is the password; - for standard input")
	})
	if err != nil {
		return err
	}
	act, known := accountActs[c.flags.Arg(0)]
	if !known || act.general != (c.flags.NArg() == 1) || c.flags.NArg() > 2 || !c.onlyFlags(act.flags) || c.flags.Arg(0) == "add" && !a.complete() {
		return c.usage()
	}
	in, err := open(ctx, cfg, c.command.name, c.log())
	if err != nil {
		return err
	}
	if a.services, err = in.services(ctx); err == nil {
		err = act.run(a, ctx, c.flags.Arg(1))
	}
	return errors.Join(err, in.Close())
}

// onlyFlags reports whether no flag was given but these and --data.
func (c *call) onlyFlags(names []string) bool {
	allowed := " data " + strings.Join(names, " ") + " "
	only := true
	c.flags.Visit(func(f *flag.Flag) { only = only && strings.Contains(allowed, " "+f.Name+" ") })
	return only
}

// complete reports whether what an account is made of was given.
func (a *accountCall) complete() bool {
	_, known := account.PartOf(account.Role(a.role))
	return a.name != "" && known && a.role != string(account.Visitor)
}

// roleList names the roles that can be given.
func roleList() string {
	var names []string
	for _, p := range account.Parts {
		if p.Role != account.Visitor {
			names = append(names, string(p.Role))
		}
	}
	return strings.Join(names, ", ")
}

func (a *accountCall) add(ctx context.Context, identifier string) error {
	u := account.NewUser{Identifier: identifier, Name: a.name, Roles: []account.Role{account.Role(a.role)}}
	if a.department != "" {
		d, err := a.datasets.Department(ctx, account.Actor{}, a.department)
		if fault.KindOf(err) == fault.NotFound {
			return fmt.Errorf("there is no department %q: `shuyuan import` brings departments, /departments lists them", a.department)
		}
		if err != nil {
			return err
		}
		u.Department = d.Item.ID
	}
	made, err := a.choose(&u.Password)
	if err != nil {
		return err
	}
	if _, err := a.accounts.CreateUser(ctx, byCommand, u); err != nil {
		return err
	}
	fmt.Fprintf(a.c.out, "added: %s, %s\n", identifier, a.role)
	a.show(made)
	return nil
}

func (a *accountCall) list(ctx context.Context, _ string) error {
	users, err := a.accounts.Users(ctx, byCommand)
	if err != nil {
		return err
	}
	departments, err := a.datasets.Departments(ctx, account.Actor{})
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.c.out, 0, 0, 2, ' ', 0)
	for _, u := range users {
		roles := make([]string, len(u.Roles))
		for i, r := range u.Roles {
			roles[i] = string(r)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.Identifier, strings.Join(roles, " "), slugOf(departments, u.Department), state(u), u.Name)
	}
	return w.Flush()
}

func slugOf(departments []datasets.Counted[datasets.Department], id int64) string {
	for _, d := range departments {
		if d.Item.ID == id {
			return d.Item.Slug
		}
	}
	return "-"
}

func state(u account.User) string {
	switch {
	case u.Disabled != nil:
		return "disabled"
	case u.Sample:
		return "sample"
	}
	return "active"
}

func (a *accountCall) setPassword(ctx context.Context, identifier string) error {
	id, err := a.find(ctx, identifier)
	if err != nil {
		return err
	}
	var password string
	made, err := a.choose(&password)
	if err != nil {
		return err
	}
	if err := a.accounts.SetPassword(ctx, byCommand, id, password); err != nil {
		return err
	}
	fmt.Fprintf(a.c.out, "%s has a new password, and all its sessions have ended\n", identifier)
	a.show(made)
	return nil
}

func (a *accountCall) disable(ctx context.Context, identifier string) error {
	return a.change(ctx, identifier, a.accounts.Disable, "is disabled; its sessions and keys have ended")
}

func (a *accountCall) enable(ctx context.Context, identifier string) error {
	return a.change(ctx, identifier, a.accounts.Enable, "is enabled")
}

// resetFactors takes second steps away whose owner lost them. Whoever runs commands
// on the server has made sure that it is them.
func (a *accountCall) resetFactors(ctx context.Context, identifier string) error {
	return a.change(ctx, identifier, a.accounts.ResetFactors, "has no second step any more; its sessions have ended, its owner is told by mail")
}

func (a *accountCall) change(ctx context.Context, identifier string, do func(context.Context, account.Actor, int64) error, done string) error {
	id, err := a.find(ctx, identifier)
	if err != nil {
		return err
	}
	if err := do(ctx, byCommand, id); err != nil {
		return err
	}
	fmt.Fprintf(a.c.out, "%s %s\n", identifier, done)
	return nil
}

// find is the account with this identifier, in whatever spelling.
func (a *accountCall) find(ctx context.Context, identifier string) (int64, error) {
	folded, err := account.Identifier(identifier)
	if err != nil {
		return 0, err
	}
	users, err := a.accounts.Users(ctx, byCommand)
	if err != nil {
		return 0, err
	}
	for _, u := range users {
		if u.Identifier == folded {
			return u.ID, nil
		}
	}
	return 0, fmt.Errorf("there is no account %s: `shuyuan account list` shows them", folded)
}

// choose takes the password from the file that was named, or makes one and
// returns it, to be shown once it is set.
func (a *accountCall) choose(password *string) (made string, err error) {
	if a.password == "" {
		*password = account.NewPassword()
		return *password, nil
	}
	var from io.Reader = os.Stdin
	if a.password != "-" {
		f, err := os.Open(a.password)
		if err != nil {
			return "", err
		}
		defer f.Close()
		from = f
	}
	line, err := bufio.NewReader(io.LimitReader(from, 4<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if *password = strings.TrimRight(line, "\r\n"); *password == "" {
		return "", errors.New("the first line, which is the password, is empty")
	}
	return "", nil
}

func (a *accountCall) show(made string) {
	if made != "" {
		fmt.Fprintf(a.c.out, "password: %s\nit is shown this once; its owner changes it at /account\n", made)
	}
}

// inEnglish says a fault in the language of the commands.
func inEnglish(err error) error {
	f, is := errors.AsType[*fault.Fault](err)
	if !is {
		return err
	}
	said := text.In(text.English, f.Sentence, f.Args...)
	if f.Cause != nil {
		said = strings.TrimSuffix(said, ".") // it goes on
	}
	whole := strings.Replace(f.Error(), f.Text(), said, 1)
	return errors.New(strings.Replace(err.Error(), f.Error(), whole, 1)) // what was said around it stays
}
