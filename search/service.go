package search

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"shuyuan/datasets"
	"shuyuan/search/chinese"
)

// Service is what the portal searches with: an engine that is kept in step
// with the catalogue, and the catalogue itself where the engine does not
// answer. cmd makes it like this:
//
//	words := chinese.NewFile(filepath.Join(data, "config", "synonyms.txt"), log)
//	engine, err := bleve.Open(filepath.Join(data, "search"), words.Lexicon)
//	service := search.NewService(search.Config{Engine: engine, Datasets: catalogue, Pool: pool, Log: log})
//	service.OnChange(portal.Changed) // once there is a portal; it takes service as its Finder
//	go service.Run(ctx)              // follows the catalogue until ctx ends
//	...
//	engine.Close()                   // after Run has returned
//
// Rebuild is `shuyuan reindex`, with or without Run beside it; IDs is what
// `shuyuan check` compares with the catalogue.
type Service struct {
	Config
	onChange atomic.Pointer[func()]

	// following is held by whoever changes the index: changes are taken in one
	// after the other.
	following sync.Mutex
	seen      int64            // newest change that onChange was told of
	slugs     map[int64]string // dataset -> its id in the index; nil until it was compared

	current atomic.Bool   // everything that is known to have changed is in the index
	wake    chan struct{} // look for changes now
}

// Config is what a Service stands on.
type Config struct {
	Engine   Engine
	Datasets *datasets.Service
	Pool     *pgxpool.Pool // to be told of changes at once
	Log      *slog.Logger

	// Shared says that other processes follow into the same engine, a search
	// server. They then take turns; whose turn it is a lock in the database says.
	Shared bool

	Words func() *chinese.Lexicon // that queries are read with; nil: those of the program
}

// lexicon is what queries are read with.
func (s *Service) lexicon() *chinese.Lexicon {
	if s.Words == nil {
		return chinese.Default()
	}
	return s.Words()
}

// NewService returns a Service that answers from the database until Run or
// Rebuild has brought the engine up to date.
func NewService(c Config) *Service {
	return &Service{Config: c, wake: make(chan struct{}, 1)}
}

// OnChange sets what is called after every change of the catalogue: when it is
// first heard of, and again when searches show it.
func (s *Service) OnChange(f func()) { s.onChange.Store(&f) }

func (s *Service) changed() {
	if f := s.onChange.Load(); f != nil {
		(*f)()
	}
}

// engineTime is how long an engine may take to answer before the database does.
const engineTime = 3 * time.Second

// Search answers q by the engine, or by the database with Limited set.
func (s *Service) Search(ctx context.Context, q Query) (Result, error) {
	if s.current.Load() {
		r, err := ask(ctx, s, "search", func(ctx context.Context) (Result, error) { return s.Engine.Search(ctx, q) })
		if err == nil || ctx.Err() != nil {
			return r, err
		}
	}
	return s.searchDatabase(ctx, q)
}

// Suggest completes a prefix by the engine, or by titles from the database.
func (s *Service) Suggest(ctx context.Context, prefix string, limit int) ([]Suggestion, error) {
	if s.current.Load() {
		list, err := ask(ctx, s, "suggest", func(ctx context.Context) ([]Suggestion, error) { return s.Engine.Suggest(ctx, prefix, limit) })
		if err == nil || ctx.Err() != nil {
			return list, err
		}
	}
	return s.suggestDatabase(ctx, prefix, limit)
}

// ask lets the engine answer within engineTime. One that does not is not asked
// again until following it succeeds, which is tried at once.
func ask[T any](ctx context.Context, s *Service, what string, f func(context.Context) (T, error)) (T, error) {
	limited, cancel := context.WithTimeout(ctx, engineTime)
	defer cancel()
	out, err := f(limited)
	if err != nil && ctx.Err() == nil && s.current.CompareAndSwap(true, false) {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "search engine does not answer; the database does", slog.String("asked", what), slog.Any("error", err))
		s.look()
	}
	return out, err
}

// look has Run look for changes now.
func (s *Service) look() {
	select {
	case s.wake <- struct{}{}:
	default: // it is about to
	}
}

// IDs calls f with the id of every document in the index.
func (s *Service) IDs(ctx context.Context, f func(id string) error) error {
	return s.Engine.IDs(ctx, f)
}
