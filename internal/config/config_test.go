package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
)

func from(vars map[string]string) (Config, error) {
	return Load(func(name string) string { return vars[name] })
}

func TestAnEmptyEnvironmentIsTheEmbeddedDefault(t *testing.T) {
	c, err := from(nil)
	if err != nil {
		t.Fatal(err)
	}
	data, _ := filepath.Abs("var")
	want := Config{Listen: "127.0.0.1:8080", Data: data}
	if c != want {
		t.Errorf("got %#v, want %#v", c, want)
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	_, err := from(map[string]string{
		"SHUYUAN_LISTEN":       "8080",
		"SHUYUAN_BASE_URL":     "opendata.example",
		"SHUYUAN_DATABASE_URL": "mysql://root:hunter2@db/x",
		"SHUYUAN_S3_ENDPOINT":  "s3.example",
		"SHUYUAN_SEARCH_KEY":   "k",
		"SHUYUAN_FILES_LISTEN": "127.0.0.1:8082",
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{
		"SHUYUAN_LISTEN", "SHUYUAN_BASE_URL", "SHUYUAN_DATABASE_URL", "SHUYUAN_S3_BUCKET", "SHUYUAN_S3_ACCESS_KEY",
		"SHUYUAN_S3_SECRET_KEY", "SHUYUAN_SEARCH_URL", "SHUYUAN_FILES_BASE_URL",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in:\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a password is shown in:\n%v", err)
	}
}

func TestOneAddressDoesNotServeTwoThings(t *testing.T) {
	if _, err := from(map[string]string{"SHUYUAN_LISTEN": "127.0.0.1:9", "SHUYUAN_ADMIN_LISTEN": "127.0.0.1:9"}); err == nil {
		t.Error("pages and administration share an address")
	}
	if _, err := from(map[string]string{"SHUYUAN_LISTEN": "127.0.0.1:0", "SHUYUAN_ADMIN_LISTEN": "127.0.0.1:0"}); err != nil {
		t.Errorf("two free ports are two addresses: %v", err)
	}
}

func TestProxiesAreNetworksOrSingleAddresses(t *testing.T) {
	got, err := Prefixes("10.0.0.0/8, 192.0.2.7,2001:db8::/32")
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(got); s != "[10.0.0.0/8 192.0.2.7/32 2001:db8::/32]" {
		t.Errorf("read as %s", s)
	}
	if _, err := from(map[string]string{"SHUYUAN_TRUSTED_PROXIES": "10.0.0.0/8,proxy.example"}); err == nil || !strings.Contains(err.Error(), "SHUYUAN_TRUSTED_PROXIES") {
		t.Errorf("a name is no network: %v", err)
	}
}

func TestWhatLinksMayReachIsNetworksAndPorts(t *testing.T) {
	networks, ports, err := Reach("10.20.0.0/16, 10.30.0.7, :8080,:8443")
	if s := fmt.Sprint(networks, ports); err != nil || s != "[10.20.0.0/16 10.30.0.7/32] [8080 8443]" {
		t.Errorf("read as %s, %v", s, err)
	}
	for _, bad := range []string{"intranet.example", "10.20.0.0/40", ":", ":0", ":70000", ":http", "10.0.0.1:8080"} {
		if _, err := from(map[string]string{"SHUYUAN_OUTBOUND_ALLOW": bad}); err == nil || !strings.Contains(err.Error(), "SHUYUAN_OUTBOUND_ALLOW") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestASizeIsMebibytesOrGibibytes(t *testing.T) {
	for s, want := range map[string]int64{"": 0, "500MiB": 500 << 20, "2GiB": 2 << 30} {
		if n, err := Size(s); n != want || err != nil {
			t.Errorf("%q is %d, %v, want %d", s, n, err, want)
		}
	}
	for _, bad := range []string{"500", "0MiB", "-1GiB", "2GB", "GiB", "1.5GiB", "9999999999GiB"} {
		if _, err := from(map[string]string{"SHUYUAN_DISK_FREE": bad}); err == nil || !strings.Contains(err.Error(), "SHUYUAN_DISK_FREE") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestSecretsPrintAsStars(t *testing.T) {
	const canary = "canary-7c1e"
	c, err := from(map[string]string{
		"SHUYUAN_DATABASE_URL": "postgres://u:" + canary + "@db/x",
		"SHUYUAN_SMTP_URL":     "smtp://u:" + canary + "@mail",
		"SHUYUAN_S3_ENDPOINT":  "s3", "SHUYUAN_S3_BUCKET": "b", "SHUYUAN_S3_ACCESS_KEY": "a",
		"SHUYUAN_S3_SECRET_KEY": canary,
		"SHUYUAN_SEARCH_URL":    "http://m", "SHUYUAN_SEARCH_KEY": canary,
	})
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("configuration", slog.Any("config", c), slog.Any("one", c.SearchKey))
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %q %x", c, c, c.SearchKey, c.SearchKey), logged.String(), string(asJSON)} {
		if strings.Contains(printed, canary) || strings.Contains(printed, fmt.Sprintf("%x", canary)) {
			t.Errorf("a secret is printed: %s", printed)
		}
	}
	if !strings.Contains(logged.String(), `"SHUYUAN_SEARCH_KEY":"***"`) {
		t.Errorf("it does not show that the key is set: %s", logged.String())
	}
	if c.SearchKey.Reveal() != canary {
		t.Error("Reveal does not return the value")
	}
}
