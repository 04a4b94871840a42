package backup

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"filippo.io/age"

	"shuyuan/internal/fault"
)

// NewKey makes a key pair, writes its secret half to a new file, and returns
// the public half, which may lie in the open (SHUYUAN_BACKUP_RECIPIENT).
func NewKey(file string) (recipient string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("new key: %w", err)
	}
	defer f.Close()
	_, err = fmt.Fprintf(f, "# 数源备份密钥：请另存于服务器之外；没有它，备份无法恢复。\n# public key: %s\n%s\n", id.Recipient(), id)
	return id.Recipient().String(), errors.Join(err, f.Sync())
}

// Recipient reads the public half of a key.
func Recipient(s string) (age.Recipient, error) {
	r, err := age.ParseX25519Recipient(strings.TrimSpace(s))
	if err != nil {
		return nil, fault.New(fault.Invalid, "备份公钥须以 age1 开头。").Because(err)
	}
	return r, nil
}

// passphraseMin is the length below which a passphrase could be guessed.
const passphraseMin = 16

// Passphrase reads a file whose first line is a passphrase to lock with.
func Passphrase(file string) (age.Recipient, error) {
	p, err := firstLine(file)
	if err != nil {
		return nil, err
	}
	if len([]rune(p)) < passphraseMin {
		return nil, fault.New(fault.Invalid, "备份口令至少 %d 个字符。", passphraseMin)
	}
	return age.NewScryptRecipient(p)
}

// Identity reads what opens a backup: the file that NewKey wrote, or one that
// holds the passphrase.
func Identity(file string) (age.Identity, error) {
	p, err := firstLine(file)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(p, "AGE-SECRET-KEY-") {
		id, err := age.ParseX25519Identity(p)
		if err != nil {
			return nil, fault.New(fault.Invalid, "密钥文件已经损坏。").Because(err)
		}
		return id, nil
	}
	return age.NewScryptIdentity(p)
}

// firstLine is the first line of a file that is no comment.
func firstLine(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("key: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line, nil
		}
	}
	return "", fault.New(fault.Invalid, "密钥文件是空的。")
}
