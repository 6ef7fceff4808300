// porcupine FILE [FOLDER]: reads what clients of the box office saw, showing by showing, and says of each whether some order of all acts,
// one after the other, explains every answer. Of a showing that none explains, FOLDER gets a page that shows how far one came.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

const patience = 60 * time.Second // for one showing; a history that takes longer is not explained

// What a client did and was answered. Seats are bits; a reservation is its place in the showing's list.
type act struct {
	Kind, Answer string
	Reservation  int
	Wanted, Lost uint64 // of a refused booking: the seats asked for, and those it was told are gone
	Client       int
	Call, Return int64
}

type showing struct {
	Name         string
	Reservations []struct {
		ID    int64
		Seats uint64
	}
	Acts []act
}

// The seat map is what became of each reservation so far, one letter each; a seat is free unless one of its reservations lives.
const (
	unmade    = '-'
	held      = 'h'
	lapsed    = 'l' // its time is over and nobody has looked: it can be neither paid nor cancelled, and its seats are free
	sold      = 's'
	cancelled = 'c'
	expired   = 'x'
)

var seen = map[string]string{"PENDING": "hl", "CONFIRMED": "s", "CANCELLED": "c", "EXPIRED": "xl"}

func with(state string, r int, status byte) string {
	next := []byte(state)
	next[r] = status
	return string(next)
}

// One booking has all its seats or none; of those whose time is over it takes them, and they expire whole.
func (s *showing) book(state string, a act) (bool, string) {
	if a.Answer == "taken" {
		var live uint64
		for r, status := range state {
			if status == held || status == sold {
				live |= s.Reservations[r].Seats
			}
		}
		return a.Lost != 0 && a.Lost == live&a.Wanted, state
	}
	if state[a.Reservation] != unmade {
		return false, state
	}
	next := []byte(with(state, a.Reservation, held))
	for r, status := range state {
		if r == a.Reservation || s.Reservations[r].Seats&s.Reservations[a.Reservation].Seats == 0 {
			continue
		}
		switch status {
		case held, sold:
			return false, state
		case lapsed:
			next[r] = expired
		}
	}
	return true, string(next)
}

func pay(state string, a act) (bool, string) {
	status := state[a.Reservation]
	switch a.Answer {
	case "paid":
		return status == held, with(state, a.Reservation, sold)
	case "maybe":
		if status == held {
			return true, with(state, a.Reservation, sold)
		}
		return true, state
	case "declined":
		return status == held, state
	case "payment_refunded": // it came too late, and goes back
		return status != held && status != sold, state
	case "payment_exists": // another's is under way, or was made
		return status == held || status == sold, state
	case "reservation_cancelled":
		return status == cancelled, state
	case "reservation_expired":
		return status == lapsed || status == expired, state
	}
	return false, state
}

func cancel(state string, a act) (bool, string) {
	status := state[a.Reservation]
	live := status == held || status == sold
	switch a.Answer {
	case "cancelled":
		return live, with(state, a.Reservation, cancelled)
	case "maybe":
		if live {
			return true, with(state, a.Reservation, cancelled)
		}
		return true, state
	case "gone": // by this act or by one before it
		return live || status == cancelled, with(state, a.Reservation, cancelled)
	case "reservation_cancelled":
		return status == cancelled, state
	case "reservation_expired":
		return status == lapsed || status == expired, state
	case "payment_in_progress":
		return status == held, state
	}
	return false, state
}

// Everything at one moment: a letter for each reservation that is listed, and no other may be there.
func list(state string, a act) bool {
	for r, status := range a.Answer {
		want := string(status)
		switch status {
		case held:
			want = seen["PENDING"]
		case expired:
			want = seen["EXPIRED"]
		}
		if !strings.ContainsRune(want, rune(state[r])) {
			return false
		}
	}
	return true
}

func (s *showing) step(before, input, _ any) (bool, any) {
	state, a := before.(string), input.(act)
	switch a.Kind {
	case "book":
		return asStep(s.book(state, a))
	case "pay":
		return asStep(pay(state, a))
	case "cancel":
		return asStep(cancel(state, a))
	case "read":
		return strings.IndexByte(seen[a.Answer], state[a.Reservation]) >= 0, state
	case "lapse":
		if state[a.Reservation] == held {
			return true, with(state, a.Reservation, lapsed)
		}
		return true, state
	case "list":
		return list(state, a), state
	}
	return false, state
}

func asStep(good bool, state string) (bool, any) { return good, state }

func seats(mask uint64) string {
	var names []string
	for ; mask != 0; mask &= mask - 1 {
		names = append(names, fmt.Sprint(bits.TrailingZeros64(mask)))
	}
	return "{" + strings.Join(names, " ") + "}"
}

func (s *showing) describe(input, _ any) string {
	a := input.(act)
	switch {
	case a.Kind == "list":
		return "list: " + a.Answer
	case a.Answer == "taken":
		return fmt.Sprintf("book %s: %s are gone", seats(a.Wanted), seats(a.Lost))
	case a.Kind == "book":
		return fmt.Sprintf("book %s: %d", seats(s.Reservations[a.Reservation].Seats), s.Reservations[a.Reservation].ID)
	}
	return fmt.Sprintf("%s %d: %s", a.Kind, s.Reservations[a.Reservation].ID, a.Answer)
}

func (s *showing) describeState(state any) string {
	var seated []string
	for r, status := range state.(string) {
		if status == held || status == sold || status == lapsed {
			seated = append(seated, fmt.Sprintf("%d %c %s", s.Reservations[r].ID, status, seats(s.Reservations[r].Seats)))
		}
	}
	return strings.Join(seated, ", ")
}

func (s *showing) check(folder string) porcupine.CheckResult {
	model := porcupine.Model{
		Init:              func() any { return strings.Repeat(string(unmade), len(s.Reservations)) },
		Step:              s.step,
		DescribeOperation: s.describe,
		DescribeState:     s.describeState,
	}
	var history []porcupine.Operation
	for _, a := range s.Acts {
		history = append(history, porcupine.Operation{ClientId: a.Client, Input: a, Call: a.Call, Return: a.Return})
	}
	result := porcupine.CheckOperationsTimeout(model, history, patience)
	if result == porcupine.Illegal && folder != "" {
		_, info := porcupine.CheckOperationsVerbose(model, history, patience)
		if err := porcupine.VisualizePath(model, info, filepath.Join(folder, s.Name+".html")); err != nil {
			log.Fatal(err)
		}
	}
	return result
}

func main() {
	if len(os.Args) != 2 && len(os.Args) != 3 {
		log.Fatal("usage: porcupine FILE [FOLDER]")
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var showings []showing
	if err := json.Unmarshal(text, &showings); err != nil {
		log.Fatal(err)
	}
	folder := append(os.Args, "")[2]
	verdicts := map[string]string{}
	for i := range showings {
		verdicts[showings[i].Name] = string(showings[i].check(folder))
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		log.Fatal(err)
	}
}
