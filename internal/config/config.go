// Package config reads the whole configuration from the environment: one
// struct, checked at once, every problem reported together. Unset means the
// embedded default, so that an empty environment is a working one.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// Config is what the environment says. The tag names the variable after
// SHUYUAN_, then its default.
type Config struct {
	Listen      string `env:"LISTEN" default:"127.0.0.1:8080" check:"address"`
	AdminListen string `env:"ADMIN_LISTEN" check:"address"` // unset: 127.0.0.1:8081, or a free port if that is taken
	BaseURL     string `env:"BASE_URL" check:"http"`        // unset: http://Listen
	Data        string `env:"DATA" default:"./var"`

	DatabaseURL Secret `env:"DATABASE_URL" check:"postgres"` // unset: a private PostgreSQL
	PostgresBin string `env:"PG_BIN"`                        // folder of the server programs, where they are not found

	SearchURL string `env:"SEARCH_URL" check:"http"` // unset: the embedded index
	SearchKey Secret `env:"SEARCH_KEY" needs:"SEARCH_URL"`

	S3Endpoint  string `env:"S3_ENDPOINT"` // unset: a directory
	S3Bucket    string `env:"S3_BUCKET" needs:"S3_ENDPOINT"`
	S3AccessKey string `env:"S3_ACCESS_KEY" needs:"S3_ENDPOINT"`
	S3SecretKey Secret `env:"S3_SECRET_KEY" needs:"S3_ENDPOINT"`
	S3Region    string `env:"S3_REGION" needs:"S3_ENDPOINT"`

	SMTPURL Secret `env:"SMTP_URL" check:"smtp"` // unset: mails as files

	OIDCIssuer   string `env:"OIDC_ISSUER" check:"issuer"` // unset: local accounts alone
	OIDCClientID string `env:"OIDC_CLIENT_ID" needs:"OIDC_ISSUER"`
	OIDCSecret   Secret `env:"OIDC_CLIENT_SECRET" needs:"OIDC_ISSUER"`
	OIDCName     string `env:"OIDC_NAME" needs:"OIDC_ISSUER"`                 // what people call the provider
	OIDCCreate   string `env:"OIDC_CREATE" check:"yesno" needs:"OIDC_ISSUER"` // yes: whoever the provider knows may make an account

	StripeSecretKey     Secret `env:"STRIPE_SECRET_KEY"`                                      // unset: bank transfer only
	StripeWebhookSecret Secret `env:"STRIPE_WEBHOOK_SECRET" needs:"STRIPE_SECRET_KEY"`        // two, with a comma between, while one takes the place of the other
	StripeAPIBase       string `env:"STRIPE_API_BASE" check:"http" needs:"STRIPE_SECRET_KEY"` // unset: Stripe's own

	FilesListen  string `env:"FILES_LISTEN" check:"address"` // a cookieless origin for downloads; unset: the same origin
	FilesBaseURL string `env:"FILES_BASE_URL" check:"http" needs:"FILES_LISTEN"`

	TrustedProxies string `env:"TRUSTED_PROXIES" check:"prefixes"` // whose X-Forwarded-For is believed: 10.0.0.0/8, 192.0.2.7

	OutboundAllow string `env:"OUTBOUND_ALLOW" check:"reach"` // what links may lead to beside the public web: 10.20.0.0/16, :8080

	Witnesses string `env:"WITNESSES"` // who signs the public log besides us: KEY ADDRESS, KEY ADDRESS (`shuyuan witness` says its key)

	DiskFree string `env:"DISK_FREE" check:"size"` // of the disk, that uploads and exports leave: 500MiB; unset: what the rules of the platform say

	BackupRecipient string `env:"BACKUP_RECIPIENT"` // public key that backups are locked with (age1...)
}

// prefix begins every variable of ours.
const prefix = "SHUYUAN_"

// Load reads the configuration with getenv (os.Getenv). Its error names every
// problem, one a line.
func Load(getenv func(string) string) (Config, error) {
	var c Config
	var problems []error
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := prefix + field.Tag.Get("env")
		value := strings.TrimSpace(getenv(name))
		if value == "" {
			value = field.Tag.Get("default")
		}
		v.Field(i).SetString(value)
		if value == "" {
			continue
		}
		if check := checks[field.Tag.Get("check")]; check != nil {
			if err := check(value); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
			}
		}
		if needs := field.Tag.Get("needs"); needs != "" && strings.TrimSpace(getenv(prefix+needs)) == "" {
			problems = append(problems, fmt.Errorf("%s is set, but %s is not", name, prefix+needs))
		}
	}
	problems = append(problems, c.together()...)
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.FilesBaseURL = strings.TrimRight(c.FilesBaseURL, "/")
	if c.Data != "" {
		abs, err := filepath.Abs(c.Data)
		if err != nil {
			problems = append(problems, fmt.Errorf("%sDATA: %w", prefix, err))
		}
		c.Data = abs
	}
	return c, errors.Join(problems...)
}

// together checks what one variable alone does not tell.
func (c *Config) together() []error {
	var problems []error
	require := func(when bool, name, value, why string) {
		if when && value == "" {
			problems = append(problems, fmt.Errorf("%s%s is missing: %s", prefix, name, why))
		}
	}
	s3 := c.S3Endpoint != ""
	require(s3, "S3_BUCKET", c.S3Bucket, "files go to S3")
	require(s3, "S3_ACCESS_KEY", c.S3AccessKey, "files go to S3")
	require(s3, "S3_SECRET_KEY", c.S3SecretKey.Reveal(), "files go to S3")
	require(c.OIDCIssuer != "", "OIDC_CLIENT_ID", c.OIDCClientID, "people sign in by the provider of identity")
	require(c.OIDCIssuer != "", "OIDC_CLIENT_SECRET", c.OIDCSecret.Reveal(), "people sign in by the provider of identity")
	require(c.StripeSecretKey.Reveal() != "", "STRIPE_WEBHOOK_SECRET", c.StripeWebhookSecret.Reveal(), "the provider of payments says by webhooks what was paid")
	require(c.FilesListen != "", "FILES_BASE_URL", c.FilesBaseURL, "links must name the origin of downloads")
	for _, pair := range [][2]string{{"ADMIN_LISTEN", c.AdminListen}, {"FILES_LISTEN", c.FilesListen}} {
		if pair[1] != "" && pair[1] == c.Listen && !anyPort(c.Listen) {
			problems = append(problems, fmt.Errorf("%s%s and %sLISTEN are the same address %s", prefix, pair[0], prefix, c.Listen))
		}
	}
	return problems
}

func anyPort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	return err == nil && port == "0"
}

var checks = map[string]func(string) error{
	"address": func(s string) error {
		if _, _, err := net.SplitHostPort(s); err != nil {
			return fmt.Errorf("%q is no address like 127.0.0.1:8080", s)
		}
		if _, err := net.ResolveTCPAddr("tcp", s); err != nil {
			return fmt.Errorf("%q is no address like 127.0.0.1:8080", s)
		}
		return nil
	},
	"prefixes": func(s string) error { _, err := Prefixes(s); return err },
	"size":     func(s string) error { _, err := Size(s); return err },
	"reach":    func(s string) error { _, _, err := Reach(s); return err },
	"http":     scheme("http", "https"),
	"issuer":   issuer,
	"yesno":    yesOrNo,
	"smtp":     scheme("smtp", "smtps"),
	"postgres": scheme("postgres", "postgresql"),
}

// Prefixes reads a list of networks and single addresses.
func Prefixes(list string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return nil, fmt.Errorf("%q is no network like 10.0.0.0/8", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p)
	}
	return out, nil
}

// Reach reads a list of networks, single addresses and ports: what requests to
// addresses that people typed may reach beside the public web.
func Reach(list string) (networks []netip.Prefix, ports []int, err error) {
	var rest []string
	for _, s := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		number, ok := strings.CutPrefix(s, ":")
		if !ok {
			rest = append(rest, s)
			continue
		}
		port, err := strconv.Atoi(number)
		if err != nil || port < 1 || port > 65535 {
			return nil, nil, fmt.Errorf("%q is no port like :8080", s)
		}
		ports = append(ports, port)
	}
	networks, err = Prefixes(strings.Join(rest, ","))
	return networks, ports, err
}

// Size reads a number of bytes as 500MiB or 2GiB; "" is 0.
func Size(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	for unit, shift := range map[string]int{"MiB": 20, "GiB": 30} {
		digits, ok := strings.CutSuffix(s, unit)
		if n, err := strconv.ParseInt(digits, 10, 32); ok && err == nil && n > 0 {
			return n << shift, nil
		}
	}
	return 0, fmt.Errorf("%q is no size like 500MiB or 2GiB", s)
}

// issuer is an address that nobody on the way can change; plain http only on this
// machine.
func issuer(s string) error {
	if err := scheme("http", "https")(s); err != nil {
		return err
	}
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("must be the plain address by which the provider names itself")
	}
	if ip, bad := netip.ParseAddr(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (bad != nil || !ip.IsLoopback()) {
		return errors.New("must begin with https://, except on this machine")
	}
	return nil
}

func yesOrNo(s string) error {
	if s != "yes" && s != "no" {
		return errors.New("must be yes or no")
	}
	return nil
}

// scheme does not repeat the value: it may hold a password.
func scheme(allowed ...string) func(string) error {
	return func(s string) error {
		u, err := url.Parse(s)
		if err == nil {
			for _, a := range allowed {
				if u.Scheme == a && (u.Host != "" || a == "postgres" || a == "postgresql") {
					return nil
				}
			}
		}
		return fmt.Errorf("must be an address that begins with %s://", strings.Join(allowed, ":// or "))
	}
}

// LogValue lists the variables with their values in force; secrets show only
// that they are set.
func (c Config) LogValue() slog.Value {
	var attrs []slog.Attr
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if s := fmt.Sprint(v.Field(i).Interface()); s != "" {
			attrs = append(attrs, slog.String(prefix+v.Type().Field(i).Tag.Get("env"), s))
		}
	}
	return slog.GroupValue(attrs...)
}
