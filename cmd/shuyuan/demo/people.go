package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"shuyuan/internal/account"
)

// people are the demo accounts.
type people []person

type person struct {
	Identifier string       `yaml:"identifier"`
	Name       string       `yaml:"name"`
	NameEN     string       `yaml:"name_en"`
	Role       account.Role `yaml:"role"`       // none: a private person
	Department string       `yaml:"department"` // slug, of an officer
}

func readPeople() (people, error) {
	var p people
	folder, err := own()
	if err != nil {
		return nil, err
	}
	return p, read(folder, "accounts.yaml", &p)
}

// made reports whether all of them are there. Those without a role may leave,
// and are not made again for that.
func (p people) made(ctx context.Context, s *account.Service) (bool, error) {
	users, err := s.Users(ctx, account.System("demo"))
	if err != nil {
		return false, err
	}
	there := map[string]bool{}
	for _, u := range users {
		there[u.Identifier] = u.Sample
	}
	for _, who := range p {
		if who.Role != "" && !there[who.Identifier] {
			return false, nil
		}
	}
	return true, nil
}

// acting are those who play a part in the sample world; the others oversee it.
func (p people) acting() (acting, others people) {
	for _, who := range p {
		if slices.Contains(account.Overseers, who.Role) {
			others = append(others, who)
		} else {
			acting = append(acting, who)
		}
	}
	return acting, others
}

// make makes them, or gives them new passwords, and returns these by identifier.
func (p people) make(ctx context.Context, d Deps) (map[string]string, error) {
	var users []account.NewUser
	for _, who := range p {
		u := account.NewUser{Identifier: who.Identifier, Name: who.Name, Roles: []account.Role{who.Role}}
		if who.Role == "" {
			u.Roles, u.Side = nil, account.Use
		}
		if who.Department != "" {
			department, err := d.Datasets.Department(ctx, account.Actor{}, who.Department)
			if err != nil {
				return nil, fmt.Errorf("department %s: %w", who.Department, err)
			}
			u.Department = department.Item.ID
		}
		users = append(users, u)
	}
	if err := forget(d.Kept); err != nil {
		return nil, err
	}
	credentials, err := d.Accounts.ResetDemo(ctx, account.System("demo"), users)
	passwords := map[string]string{}
	for i, c := range credentials {
		passwords[p[i].Identifier] = c.Password
	}
	return passwords, err
}

// tell keeps the passwords and shows them.
func (p people) tell(d Deps, passwords map[string]string) error {
	var list strings.Builder
	for _, who := range p {
		fmt.Fprintf(&list, "  %-24s %s  %s, %s\n", who.Identifier, passwords[who.Identifier], who.Name, who.NameEN)
	}
	if err := keep(d.Kept, list.String()); err != nil {
		return err
	}
	return present(d.Out, list.String())
}

// show says which accounts there are, with the passwords where they were kept.
func (p people) show(d Deps) error {
	list, err := kept(d.Kept)
	if err != nil {
		return err
	}
	if list == "" {
		for _, who := range p {
			list += fmt.Sprintf("  %-24s %s, %s\n", who.Identifier, who.Name, who.NameEN)
		}
		list += "  new passwords: shuyuan demo --passwords\n"
	}
	return present(d.Out, list)
}

func present(out io.Writer, list string) error {
	_, err := fmt.Fprintf(out, "demo accounts (示例):\n%s", list)
	return err
}

// keep writes the list where only the owner of the data folder reads it.
func keep(file, list string) error {
	if file == "" {
		return nil
	}
	next, err := os.CreateTemp(filepath.Dir(file), ".demo-*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = next.WriteString(list)
	if err = errors.Join(err, next.Close()); err == nil {
		err = os.Rename(next.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	return nil
}

// forget removes the list before its passwords cease to be true.
func forget(file string) error {
	err := os.Remove(file)
	if file == "" || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func kept(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	list, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(list), err
}
