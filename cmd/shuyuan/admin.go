package main

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"shuyuan/internal/jobs"
	"shuyuan/portal"
)

// newAdmin is the server of the admin port. It writes profiles, which take as
// long as one asks them to, so its answers may take two minutes.
func (s *server) newAdmin() *http.Server {
	return &http.Server{
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 2 * time.Minute, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
}

// administration is what the admin port answers. Figures and profiles are for
// whoever reaches the port; orders are for whoever may read the data folder,
// where the token is.
func (s *server) administration(token string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics(), promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("POST /orders/reindex", ordered(token, s.rebuildOrdered))
	mux.HandleFunc("POST /orders/rotate", ordered(token, s.rotateOrdered))
	mux.HandleFunc("GET /orders/index", ordered(token, s.listIndex))
	return ownHostOnly(mux)
}

// ownHostOnly keeps web pages out: a browser can be brought to send requests
// to this machine under any other name, and to read the answers.
func ownHostOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if isLoopback(local.String()) && !isLoopback(r.Host) {
			http.Error(w, "this port answers to its own address only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isLoopback(address string) bool {
	host := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// ordered lets through what carries the token of the data folder.
func ordered(token string, do http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			http.Error(w, "only a command on the same data folder gives orders", http.StatusUnauthorized)
			return
		}
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // it takes as long as it takes; the client's patience bounds it
		do(w, r)
	}
}

// part is one thing that the server needs in order to serve.
type part struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Needs bool   `json:"needed"` // without it nothing can be served
	Says  string `json:"says,omitempty"`
}

// parts looks at each thing that the server stands on. Each has a time of its
// own, so that one that is silent does not make the others look so.
func (s *server) parts(ctx context.Context) []part {
	var list []part
	look := func(name string, needed bool, f func(context.Context) error) {
		ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		p := part{Name: name, OK: true, Needs: needed}
		if err := f(ctx); err != nil {
			p.OK, p.Says = false, err.Error()
		}
		list = append(list, p)
	}
	look("database", true, s.portal.Ready)
	if s.in.pg != nil {
		look("private PostgreSQL", true, func(context.Context) error { return s.in.pg.Ready() })
	}
	look("files", true, s.in.reachStore)
	look("transparency log", false, func(context.Context) error { return s.public.log.Problem() })
	look("search index", false, func(ctx context.Context) error {
		n, err := behind(ctx, s.search)
		if err == nil && n != 0 {
			err = fmt.Errorf("%d changes behind the catalogue", n)
		}
		return err
	})
	return list
}

// readyz is 200 while everything needed answers. The search index is not
// needed: the catalogue answers from the database meanwhile. Nor is the
// transparency log: what was signed can be read, and what is to be signed waits.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	parts, status := s.parts(r.Context()), http.StatusOK
	for _, p := range parts {
		if p.Needs && !p.OK {
			status = http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"ready": status == http.StatusOK, "parts": parts})
}

// metrics are the figures for Prometheus.
func (s *server) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(portal.Metrics()...)
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &ownFigures{s})
	return r
}

// ownFigures are read at each scrape.
type ownFigures struct{ s *server }

var (
	logSize   = prometheus.NewDesc("shuyuan_log_leaves", "Leaves of the transparency log that the newest checkpoint covers.", nil, nil)
	logSigned = prometheus.NewDesc("shuyuan_log_signed_seconds", "When the newest checkpoint of the transparency log was signed, in Unix time.", nil, nil)
	poolConns = prometheus.NewDesc("shuyuan_database_connections", "Connections to the database, by state.", []string{"state"}, nil)
	poolWaits = prometheus.NewDesc("shuyuan_database_waits_total", "How often a request had to wait for a connection.", nil, nil)
	indexLag  = prometheus.NewDesc("shuyuan_search_behind", "Changes of the catalogue that the search index has not taken in.", nil, nil)
	partUp    = prometheus.NewDesc("shuyuan_up", "Whether a part answers (1) or not (0).", []string{"part"}, nil)
	linkCount = prometheus.NewDesc("shuyuan_links", "Addresses that are checked, by how they are doing.", []string{"state"}, nil)
	linkLate  = prometheus.NewDesc("shuyuan_links_late", "Addresses whose check has been due for more than an hour.", nil, nil)
	linkDay   = prometheus.NewDesc("shuyuan_link_checks_today", "Checks of addresses today, by whether they were answered.", []string{"answered"}, nil)
	queued    = prometheus.NewDesc("shuyuan_jobs", "Jobs that are not done yet, by state.", []string{"state"}, nil)
)

// Describe sends nothing: what there is depends on the configuration.
func (*ownFigures) Describe(chan<- *prometheus.Desc) {}

// Collect asks the parts. What does not answer is missing from the figures.
func (f *ownFigures) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	stat := f.s.in.pool.Stat()
	gauge(poolConns, float64(stat.AcquiredConns()), "busy")
	gauge(poolConns, float64(stat.IdleConns()), "idle")
	gauge(poolConns, float64(stat.MaxConns()), "most")
	out <- prometheus.MustNewConstMetric(poolWaits, prometheus.CounterValue, float64(stat.EmptyAcquireCount()))
	for _, p := range f.s.parts(ctx) {
		up := 0.0
		if p.OK {
			up = 1
		}
		gauge(partUp, up, p.Name)
	}
	if c, err := f.s.public.log.Checkpoint(ctx); err == nil {
		gauge(logSize, float64(c.Size))
		gauge(logSigned, float64(c.Signed.Unix()))
	}
	if n, err := behind(ctx, f.s.search); err == nil {
		gauge(indexLag, float64(n))
	}
	if links, err := f.s.datasets.LinkFigures(ctx); err == nil {
		for health, n := range links.Health {
			gauge(linkCount, float64(n), cmp.Or(string(health), "unchecked"))
		}
		gauge(linkLate, float64(links.Late))
		for answered, n := range links.Checks {
			gauge(linkDay, float64(n), strconv.FormatBool(answered))
		}
	}
	if waiting, err := jobs.Waiting(ctx, f.s.in.pool); err == nil {
		for state, n := range waiting {
			gauge(queued, float64(n), state)
		}
	}
}

// longestOrder is how long an order may take: a large index takes a while.
const longestOrder = 30 * time.Minute

// order asks the server that runs on our data folder to do something; read
// takes its answer, if it has one.
func (in *installation) order(ctx context.Context, method, path string, read func(*http.Response) error) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+in.admin+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+in.token)
	resp, err := (&http.Client{Timeout: longestOrder}).Do(req)
	if err != nil {
		return fmt.Errorf("the running server does not answer: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
		return fmt.Errorf("the running server answers %s: %s", resp.Status, strings.TrimSpace(string(said)))
	}
	if read == nil {
		return nil
	}
	return read(resp)
}
