package portal

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Requests counts and times requests by the route they matched.
var Requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
	Name: "shuyuan_http_request_seconds", Help: "How long requests took, by method, route and status.",
	Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
}, []string{"method", "route", "status"})

// cacheUse counts what became of requests for pages that may be kept.
var cacheUse = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "shuyuan_page_cache_requests_total", Help: "Requests for public pages by visitors: answered from the page cache, or made.",
}, []string{"result"})

// trapped counts questions that were not stored: a program filled in what people
// do not see.
var trapped = prometheus.NewCounter(prometheus.CounterOpts{
	Name: "shuyuan_questions_trapped_total", Help: "Questions and objections that were thrown away: a field that people do not see was filled in.",
})

// paymentWebhooks counts what the provider of payments said by itself.
var paymentWebhooks = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "shuyuan_payment_webhooks_total", Help: "Webhooks of payments: taken, unsigned (anybody can send these), astray (signed, and of another mode, account or version: a setting is wrong), failed.",
}, []string{"result"})

func countWebhook(result string) { paymentWebhooks.WithLabelValues(result).Inc() }

// Metrics are what the portal measures of itself, for the admin port.
func Metrics() []prometheus.Collector {
	return []prometheus.Collector{Requests, cacheUse, trapped, paymentWebhooks}
}

func observeRequest(method, route string, status int, took time.Duration) {
	switch method {
	case "GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE":
	default: // a made-up method must not become a series of its own
		method = "other"
	}
	Requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}
