package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// staleAfter is the age of the heartbeat from which vitrine_gateway_state_stale is 1.
const staleAfter = time.Minute

// metrics has bounded labels only: templates of routes, never names or addresses.
type metrics struct {
	requests    *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	unlocks     *prometheus.CounterVec
	cut         *prometheus.CounterVec
	sent        prometheus.Counter
	storeErrors prometheus.Counter
}

func newMetrics(registry prometheus.Registerer, s *Server) (*metrics, error) {
	const ns, sub = "vitrine", "gateway"
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub, Name: "requests_total",
			Help: "Requests answered, by template of route and status."}, []string{"route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: ns, Subsystem: sub, Name: "request_seconds",
			Help: "Time from a request to the end of its answer.", Buckets: []float64{.001, .005, .02, .1, .5, 2, 10, 60, 600}}, []string{"route"}),
		unlocks: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub, Name: "unlocks_total",
			Help: "Passwords given, by result."}, []string{"result"}),
		cut: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: ns, Subsystem: sub, Name: "downloads_cut_total",
			Help: "Answers cut before their end, by reason: revoked, client, store."}, []string{"reason"}),
		sent: prometheus.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub, Name: "asset_bytes_total",
			Help: "Bytes of assets sent."}),
		storeErrors: prometheus.NewCounter(prometheus.CounterOpts{Namespace: ns, Subsystem: sub, Name: "store_errors_total",
			Help: "Requests that an object store, or cluster state, could not serve."}),
	}
	age := func() float64 {
		beat, err := s.world.beat(context.Background())
		if err != nil || beat.IsZero() {
			return s.now().Sub(time.Unix(0, 0)).Seconds()
		}
		return max(0, s.now().Sub(beat).Seconds())
	}
	collectors := []prometheus.Collector{m.requests, m.seconds, m.unlocks, m.cut, m.sent, m.storeErrors,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub, Name: "state_age_seconds",
			Help: "Age of the manager's heartbeat; from 600 on protected links answer 503."}, age),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub, Name: "state_stale",
			Help: "1 when the manager's heartbeat is older than a minute."}, func() float64 {
			if age() > staleAfter.Seconds() {
				return 1
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: ns, Subsystem: sub, Name: "memory_bytes",
			Help: "Renditions kept in memory."}, func() float64 { return float64(s.small.kept.bytes()) }),
	}
	for _, c := range collectors {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("registering metrics: %w", err)
		}
	}
	return m, nil
}

// measured counts a route's answers.
func (s *Server) measured(template string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		counted := &statusWriter{ResponseWriter: w}
		defer func() {
			status := counted.status
			if status == 0 {
				status = http.StatusOK
			}
			s.metrics.requests.WithLabelValues(template, strconv.Itoa(status)).Inc()
			s.metrics.seconds.WithLabelValues(template).Observe(time.Since(began).Seconds())
		}()
		next(counted, r)
	}
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
