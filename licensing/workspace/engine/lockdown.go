package engine

import (
	"context"
	"database/sql"
	"fmt"
)

// setting is how a child sets its engine up.
type setting struct {
	Memory int64 // bytes that the engine may use; about half of what the child may have
	Mounts []mounted
	Rows   bool // hidden columns are there: the statement is ours
}

// mounted is a mount as a child sees it.
type mounted struct {
	Name    string
	Columns []string
	Types   []string // in a child without data: what to make
	Hidden  []string // columns of its file that only statements of ours can name
}

// lockDown sets the engine up and locks it, in the order that holds: each step
// that must come before another does. What fails is fatal. The wall of the process
// holds without any of it.
func (b setting) lockDown(ctx context.Context, c *sql.Conn, fileOf func(i int) string) error {
	steps := []string{
		"SET threads = 1",
		fmt.Sprintf("SET memory_limit = '%dB'", b.Memory),
		"SET temp_directory = ''", // before external access goes: nothing is spilled
	}
	for i := range b.Mounts {
		if fileOf != nil {
			steps = append(steps, fmt.Sprintf("ATTACH %s AS m%d (READ_ONLY)", literal(fileOf(i)), i))
		}
	}
	steps = append(steps, "CREATE SCHEMA "+schemaName)
	for i, m := range b.Mounts {
		steps = append(steps, m.create(i, fileOf != nil, b.Rows))
	}
	steps = append(steps,
		"USE memory."+schemaName,
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
		"SET allow_community_extensions = false",
		"SET allow_unsigned_extensions = false",
		"SET allow_persistent_secrets = false",
		"SET allow_unredacted_secrets = false",
		"SET enable_progress_bar = true",
		"SET enable_progress_bar_print = false",
		"SET progress_bar_time = 0",
		"PRAGMA enable_profiling = 'no_output'",
		`SET custom_profiling_settings = '{"OPERATOR_NAME": "true", "OPERATOR_TYPE": "true", "OPERATOR_ROWS_SCANNED": "true", "EXTRA_INFO": "true"}'`,
		"SET enable_external_access = false",           // before the next: afterwards it fails and stays true
		"SET disabled_filesystems = 'LocalFileSystem'", // what is attached stays open
		"SET lock_configuration = true",
	)
	for _, s := range steps {
		if _, err := c.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("engine: %s: %w", s, err)
		}
	}
	return selfTest(ctx, c)
}

// create makes the name by which statements call a mount: a view of the columns
// that they may name, or an empty table where there is no data.
func (m mounted) create(i int, data, hidden bool) string {
	text := ""
	for j, name := range m.Columns {
		if j > 0 {
			text += ", "
		}
		text += quoted(name)
		if !data {
			text += " " + m.Types[j]
		}
	}
	if !data {
		return fmt.Sprintf("CREATE TABLE %s.%s (%s)", schemaName, quoted(m.Name), text)
	}
	if hidden {
		for _, name := range m.Hidden {
			text += ", " + name
		}
		text += ", rowid AS " + atColumn
	}
	return fmt.Sprintf("CREATE VIEW %s.%s AS SELECT %s FROM m%d.t", schemaName, quoted(m.Name), text, i)
}

// forbidden is what no statement may be able to do. Each is tried before the
// person's own; one success ends the child.
var forbidden = []string{
	"SELECT * FROM read_text('/proc/self/environ')",
	"SELECT * FROM glob('/*')",
	"COPY (SELECT 1) TO '/tmp/x'",
	"SET enable_external_access = true",
	"SET memory_limit = '100GB'",
	"RESET lock_configuration",
	"ATTACH '/tmp/x.db' AS x",
	"LOAD httpfs",
	"INSTALL httpfs",
	"SELECT * FROM sniff_csv('/etc/passwd')",
}

// selfTest tries what must fail.
func selfTest(ctx context.Context, c *sql.Conn) error {
	for _, s := range forbidden {
		if _, err := c.ExecContext(ctx, s); err == nil {
			return fmt.Errorf("engine: the lock does not hold: %s", s)
		}
	}
	return nil
}
