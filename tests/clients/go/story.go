// Programs of the Go clients: azservicebus, its administration client, and azeventhubs, used as their users use them.
// Each step prints what it did; the first that fails ends the program with exit code 1.
package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

type settings struct {
	serviceBus, administration, certificateFile, eventHubs, eventHub string
}

type step struct {
	text string
	run  func(ctx context.Context, s *story)
}

// story holds what the steps share: settings and the names of the entities of this run.
type story struct {
	settings
	run                                  string
	queue, sessions, topic, subscription string
}

// failure is what a failed check panics with, so that a step reads as a plain sequence.
type failure struct{ text string }

func main() {
	s := &story{settings: readSettings(), run: newRun()}
	s.queue, s.sessions = "go-orders-"+s.run, "go-refunds-"+s.run
	s.topic, s.subscription = "go-events-"+s.run, "printing"
	steps := append(append(createSteps(), serviceBusSteps()...), eventHubsSteps()...)
	steps = append(steps, deleteSteps()...)
	for _, step := range steps {
		started := time.Now()
		if err := runStep(step, s); err != nil {
			fmt.Printf("FAILED  %s\n%v\n", step.text, err)
			os.Exit(1)
		}
		fmt.Printf("ok      %s (%d ms)\n", step.text, time.Since(started).Milliseconds())
	}
}

func runStep(step step, s *story) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	defer func() {
		if caught := recover(); caught != nil {
			failed, isFailure := caught.(failure)
			if !isFailure {
				panic(caught)
			}
			err = fmt.Errorf("%s", failed.text)
		}
	}()
	step.run(ctx, s)
	return nil
}

func readSettings() settings {
	return settings{
		serviceBus:      setting("SERVICE_BUS_CONNECTION"),
		administration:  setting("ADMINISTRATION_CONNECTION"),
		certificateFile: setting("CERTIFICATE_FILE"),
		eventHubs:       setting("EVENT_HUBS_CONNECTION"),
		eventHub:        setting("EVENT_HUB"),
	}
}

func setting(name string) string {
	value := os.Getenv(name)
	if value == "" {
		fmt.Printf("FAILED  the environment variable %s is missing\n", name)
		os.Exit(1)
	}
	return value
}

// trustingClient trusts the development certificate.
func (s *story) trustingClient() *http.Client {
	pem := must(os.ReadFile(s.certificateFile))
	roots := x509.NewCertPool()
	check(roots.AppendCertsFromPEM(pem), "the development certificate can be read")
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
}

func newRun() string {
	bytes := make([]byte, 4)
	_, _ = rand.Read(bytes)
	return hex.EncodeToString(bytes)
}

func must[T any](value T, err error) T {
	none(err)
	return value
}

func none(err error) {
	if err != nil {
		panic(failure{err.Error()})
	}
}

func check(condition bool, what string) {
	if !condition {
		panic(failure{what})
	}
}

func equal[T comparable](actual, expected T, what string) {
	if actual != expected {
		panic(failure{fmt.Sprintf("%s: expected %v, got %v", what, expected, actual)})
	}
}

func equalList(actual, expected []string, what string) {
	equal(strings.Join(actual, "|"), strings.Join(expected, "|"), what)
}

func refused(err error, what string) error {
	check(err != nil, what+": nothing was refused")
	return err
}

func ptr[T any](value T) *T { return &value }
