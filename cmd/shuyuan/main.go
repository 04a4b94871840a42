// Command shuyuan is the whole product in one program: the server and what an
// administrator does beside it. `shuyuan help` lists the commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"shuyuan/datasets/rows"
	"shuyuan/internal/config"
	"shuyuan/internal/sandbox"
)

// command is one row of `shuyuan help`.
type command struct {
	name string
	args string
	does string
	run  func(context.Context, *call) error
}

// call is one call of a command.
type call struct {
	command *command
	flags   *flag.FlagSet
	args    []string
	getenv  func(string) string
	out     io.Writer
	err     io.Writer
}

// commands in the order in which help lists them.
var commands = []command{
	{"serve", "[--listen ADDRESS]", "serve the portal until Ctrl-C", serve},
	{"demo", "[--passwords]", "load the sample world into an empty installation and show the demo accounts; --passwords makes new ones", loadDemo},
	{"import", "DIR", "add the datasets of a folder that looks like cmd/shuyuan/demo/world", importFolder},
	{"account", "add IDENTIFIER --name NAME --role officer|administrator [--department SLUG] [--password FILE] | list | password IDENTIFIER [--password FILE] | disable IDENTIFIER | enable IDENTIFIER | factors IDENTIFIER", "make and keep the accounts of staff, also beside a running server; without a file (- is standard input) it makes a password and prints it this once", accounts},
	{"migrate", "", "bring the database up to date", migrate},
	{"reindex", "", "build the search index anew; a running server does it without interruption", reindex},
	{"check", "[--deep]", "look for what must never be; exit 1 where something is found", checkAll},
	{"keys", "list | rotate statement|checkpoint|certificate | revoke ID --since TIME --reason compromised|lost|retired", "the keys that sign: each new one is introduced by the one before, and each change is in the public log", keysCommand},
	{"witness", "--log URL --key FILE --state FILE [--listen ADDRESS] [--trust KEY] [--once]", "watch the public log of a portal from another machine, and sign its checkpoints as long as it only grows", witnessing},
	{"audit", "verify FILE", "verify an export of the audit trail (NDJSON), on any machine; - is standard input", auditCommand},
	{"sign", "--key FILE --new | --key FILE --public | --key FILE MESSAGE", "the signature of a developer, on a machine of theirs: make a key, print its public half, or sign what the portal gives out to be signed and print the signature", signCommand},
	{"verify", "FILE [--proof FILE] [--trust KEYS] [--portal URL] [--json]", "check the stamp of a file, on any machine: exit 0 genuine and valid, 3 no longer valid, 4 content known without its stamp, 5 content does not match, 6 unknown", verifyFile},
	{"backup", "[--to KEY | --passphrase FILE] FILE | --new-key FILE", "write everything into one encrypted file", backUp},
	{"restore", "--key FILE FILE", "bring a backup back into an empty data folder", restore},
}

// errUsage ends a command with exit code 2; what is wrong was said.
var errUsage = errors.New("usage")

// errFound ends `check` with exit code 1; what was found was said.
var errFound = errors.New("found")

func main() {
	sandbox.Main(children)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second signal ends us at once; PostgreSQL notices and ends by itself
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		help(stdout)
		return 0
	}
	if args[0] == rows.JobName {
		fmt.Fprintln(stderr, "shuyuan duckworker is the limited process that answers questions about rows: shuyuan serve starts it, walled in, and nobody else can.")
		return 2
	}
	for i := range commands {
		if commands[i].name == args[0] {
			c := &call{command: &commands[i], args: args[1:], getenv: getenv, out: stdout, err: stderr}
			return c.exitCode(commands[i].run(ctx, c))
		}
	}
	fmt.Fprintf(stderr, "shuyuan: there is no command %q\n\n", args[0])
	help(stderr)
	return 2
}

func (c *call) exitCode(err error) int {
	var said verdict
	switch {
	case errors.As(err, &said):
		return verdictCodes[said.of]
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case !errors.Is(err, errFound):
		fmt.Fprintf(c.err, "shuyuan %s: %v\n", c.command.name, inEnglish(err))
	}
	return 1
}

func help(w io.Writer) {
	fmt.Fprint(w, "数源 Shuyuan: open data, licensed development and data products of one region\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  shuyuan %s %s\n        %s\n", c.name, c.args, c.does)
	}
	fmt.Fprint(w, "\nEvery command takes --data DIR. The rest is configured by the environment (SHUYUAN_...), see README.\n")
}

// setup reads flags and environment. Flags that the command defined on c.flags
// before are filled in.
func (c *call) setup(own func(*flag.FlagSet)) (config.Config, error) {
	c.flags = flag.NewFlagSet(c.command.name, flag.ContinueOnError)
	c.flags.SetOutput(c.err)
	c.flags.Usage = func() {
		fmt.Fprintf(c.err, "usage: shuyuan %s [--data DIR] %s\n", c.command.name, c.command.args)
	}
	over := map[string]*string{"SHUYUAN_DATA": c.flags.String("data", "", "data folder (SHUYUAN_DATA)")}
	if c.command.name == "serve" {
		over["SHUYUAN_LISTEN"] = c.flags.String("listen", "", "address to serve on (SHUYUAN_LISTEN)")
	}
	if own != nil {
		own(c.flags)
	}
	if err := c.parse(); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return config.Config{}, err
		}
		return config.Config{}, errUsage
	}
	cfg, err := config.Load(func(name string) string {
		if v := over[name]; v != nil && *v != "" {
			return *v
		}
		return c.getenv(name)
	})
	if err != nil {
		return cfg, fmt.Errorf("configuration:\n%w", err)
	}
	return cfg, nil
}

// parse reads flags wherever they stand: before, between and behind the words.
func (c *call) parse() error {
	var words []string
	for rest := c.args; ; rest = c.flags.Args()[1:] {
		if err := c.flags.Parse(rest); err != nil {
			return err
		}
		if c.flags.NArg() == 0 {
			return c.flags.Parse(append([]string{"--"}, words...))
		}
		words = append(words, c.flags.Arg(0))
	}
}

// usage says how the command is called.
func (c *call) usage() error {
	c.flags.Usage()
	return errUsage
}

// noArguments refuses what the command would not look at.
func (c *call) noArguments() error {
	if c.flags.NArg() > 0 {
		return c.usage()
	}
	return nil
}

// log is for commands that a person runs: what went wrong, in words.
func (c *call) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(c.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
