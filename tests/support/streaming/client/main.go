// Streams as kubectl and crictl do, by the same library:
//
//	client exec URL spdy|websocket PROTOCOL [stdin] [stdout] [stderr] [tty]
//	client ports URL spdy|websocket PORT
//
// `exec` ends as the command did; 200 and more are the client's own failures.
// `ports` prints the port that it listens on, and serves until its stdin ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
)

func main() {
	err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5:])
	var exit exec.CodeExitError
	switch {
	case err == nil:
		os.Exit(0)
	case errors.As(err, &exit):
		os.Exit(exit.Code)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(200)
}

func run(task, address, transport, what string, streams []string) error {
	target, err := url.Parse(address)
	if err != nil {
		return err
	}
	config := &rest.Config{TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	if task == "ports" {
		return forward(config, target, transport, what)
	}
	return command(config, target, transport, what, streams)
}

func command(config *rest.Config, target *url.URL, transport, protocol string, streams []string) error {
	var executor remotecommand.Executor
	var err error
	if transport == "websocket" {
		executor, err = remotecommand.NewWebSocketExecutorForProtocols(config, "GET", target.String(), protocol)
	} else {
		roundTripper, upgrader, failure := spdy.RoundTripperFor(config)
		if failure != nil {
			return failure
		}
		executor, err = remotecommand.NewSPDYExecutorForProtocols(roundTripper, upgrader, "POST", target, protocol)
	}
	if err != nil {
		return err
	}
	options := remotecommand.StreamOptions{Tty: slices.Contains(streams, "tty")}
	if slices.Contains(streams, "stdin") {
		options.Stdin = os.Stdin
	}
	if slices.Contains(streams, "stdout") {
		options.Stdout = os.Stdout
	}
	if slices.Contains(streams, "stderr") {
		options.Stderr = os.Stderr
	}
	if options.Tty {
		options.TerminalSizeQueue = &sizes{left: []remotecommand.TerminalSize{{Width: 80, Height: 24}, {Width: 132, Height: 50}}}
	}
	return executor.StreamWithContext(context.Background(), options)
}

type sizes struct{ left []remotecommand.TerminalSize }

func (queue *sizes) Next() *remotecommand.TerminalSize {
	if len(queue.left) == 0 {
		return nil
	}
	size := queue.left[0]
	queue.left = queue.left[1:]
	return &size
}

func forward(config *rest.Config, target *url.URL, transport, port string) error {
	roundTripper, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return err
	}
	dialer := spdy.NewDialer(upgrader, &http.Client{Transport: roundTripper}, "POST", target)
	if transport == "websocket" {
		dialer, err = portforward.NewSPDYOverWebsocketDialer(target, config)
		if err != nil {
			return err
		}
	}
	stop, ready := make(chan struct{}), make(chan struct{})
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{"0:" + port}, stop, ready, io.Discard, os.Stderr)
	if err != nil {
		return err
	}
	go func() {
		<-ready
		ports, _ := forwarder.GetPorts()
		fmt.Println(ports[0].Local)
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stop)
	}()
	return forwarder.ForwardPorts()
}
