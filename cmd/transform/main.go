// Command transform is the worker of rendition Jobs: it carries out the manifest of one index and ends.
//
// The manifest is the file named like the index, in decimal, in --manifest-dir; the index is JOB_COMPLETION_INDEX, which
// Kubernetes sets in the pods of an Indexed Job. All it may do is in the presigned URLs of that manifest. Log lines are JSON on
// standard output and never hold a URL.
//
// With "documents" for its first argument it is a worker of that class: it draws PDF and SVG with programs that the others do
// not have, each confined to a process that this program begins as itself, with "confine" for its first argument.
//
// Exit codes: 0, every original is decided; 1, try the index again (the store failed, a signal came, decoders hang); 2, wrong
// flags; 3, no use to try again (the manifest or the CA file is missing or broken, libvips is not guarded, a watermark cannot
// be drawn: what was to bear it is left out, and all else is stored).
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/vitrine-dam/vitrine/internal/rendition"
	"github.com/vitrine-dam/vitrine/internal/rendition/document"
	"github.com/vitrine-dam/vitrine/internal/rendition/engine"
	"github.com/vitrine-dam/vitrine/internal/rendition/worker"
)

// The exit codes, on which the Job's pod failure policy relies.
const (
	exitDone  = 0
	exitRetry = 1
	exitUsage = 2
	exitNever = 3
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == document.ConfineCommand {
		code, err := document.Confine(os.Args[2:])
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(code)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	// Exit at once: a decoder that hangs must not keep the process.
	os.Exit(code)
}

// run is main without the process around it.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	limits, images, drawing := worker.DefaultLimits(), engine.DefaultLimits(), document.DefaultLimits()
	class := rendition.Pictures
	if len(args) > 0 && args[0] == string(rendition.Documents) {
		class, args = rendition.Documents, args[1:]
		// Of the drawn picture; the program that draws it takes as much again, and has a bound of its own.
		limits.Parallel, limits.MaxBytes, limits.SourceMemory, limits.DecodeMemory = 1, 64<<20, 64<<20, 256<<20
		images.MaxPixels = int64(drawing.MaxEdge) * int64(drawing.MaxEdge)
	}
	flags := flag.NewFlagSet("transform", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("manifest-dir", "/manifest", "directory with one manifest per index, named by its number")
	caFile := flags.String("ca-file", "", "PEM file with further certificate authorities for the store")
	flags.IntVar(&limits.Parallel, "parallel", limits.Parallel, "images decoded at once; follows the CPU limit unless given")
	flags.Int64Var(&limits.MaxBytes, "max-bytes", limits.MaxBytes, "largest original, in bytes")
	flags.Int64Var(&limits.SourceMemory, "source-memory", limits.SourceMemory, "bytes of originals held at once")
	flags.Int64Var(&limits.DecodeMemory, "decode-memory", limits.DecodeMemory, "bytes that decoding may take at once, by estimate")
	flags.DurationVar(&limits.ImageTime, "image-time", limits.ImageTime, "time limit for decoding one image")
	flags.Int64Var(&images.MaxPixels, "max-pixels", images.MaxPixels, "largest width times height")
	flags.IntVar(&images.MaxFrames, "max-frames", images.MaxFrames, "most frames or pages")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	if flags.NArg() > 0 || limits.Parallel < 1 || limits.MaxBytes < 1 || limits.SourceMemory < 1 || limits.DecodeMemory < 1 ||
		limits.ImageTime <= 0 || images.MaxPixels < 1 || images.MaxFrames < 1 {
		_, _ = fmt.Fprintln(stderr, "transform: limits must be above zero, and there are no arguments but flags")
		return exitUsage
	}
	log := slog.New(slog.NewJSONHandler(stdout, nil))
	manifest, err := load(*dir, getenv("JOB_COMPLETION_INDEX"))
	if err != nil {
		log.Error("cannot read the manifest", "error", err)
		return exitNever
	}
	transport, err := newTransport(limits.Parallel, *caFile)
	if err != nil {
		log.Error("cannot trust the store", "error", err)
		return exitNever
	}
	eng, err := engine.Start(images)
	if err != nil {
		log.Error("cannot start libvips", "error", err)
		return exitNever
	}
	renderer, err := rendererOf(class, eng, drawing)
	if err != nil {
		log.Error("cannot draw documents", "error", err)
		return exitNever
	}
	w := worker.Worker{Transport: transport, Renderer: renderer, Limits: limits, Log: log}
	_, err = w.Run(ctx, manifest)
	if errors.Is(err, worker.ErrWatermark) {
		log.Error("finished but for what a watermark was to be on", "error", err)
		return exitNever
	}
	if err != nil {
		log.Error("not finished, try again", "error", err)
		return exitRetry
	}
	return exitDone
}

// rendererOf gives what workers of a class render with.
func rendererOf(class rendition.Class, eng *engine.Engine, limits document.Limits) (worker.Renderer, error) {
	if class != rendition.Documents {
		return eng, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	drawer := &document.Renderer{Renderer: eng, Limits: limits, Self: self}
	return drawer, drawer.Ready()
}

// load reads the manifest of the index. Every error means that trying again is no use: a mounted Secret is there before the
// container starts.
func load(dir, index string) (rendition.Manifest, error) {
	n, err := strconv.ParseUint(index, 10, 31)
	if err != nil {
		return rendition.Manifest{}, errors.New("JOB_COMPLETION_INDEX must be a number; run this as a pod of an Indexed Job")
	}
	f, err := os.Open(filepath.Join(dir, strconv.FormatUint(n, 10)))
	if err != nil {
		return rendition.Manifest{}, fmt.Errorf("open manifest: %w", err)
	}
	defer func() { _ = f.Close() }()
	return rendition.Decode(f)
}

// newTransport keeps enough connections for all items in flight and does not wait for ever on a dead store.
func newTransport(parallel int, caFile string) (*http.Transport, error) {
	t := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		MaxIdleConnsPerHost:   4 * parallel,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
	}
	if caFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read --ca-file: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // an image without any is fine: the file is what counts
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("--ca-file holds no certificate")
	}
	t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return t, nil
}
