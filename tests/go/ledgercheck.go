// ledgercheck judges a ledger that daicho wrote with code that nobody here wrote: golang.org/x/mod/sumdb/note and tlog.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run ledgercheck.go DIR VKEY     DIR as made by ledgertool: export/, receipt-N, entry-N, consistency-N
//
// Checked: the key and the signed note, the root recomputed from the entries alone, every receipt and every consistency proof, the hash tiles of
// the export; and that each proof fails after one bit of it was changed. Prints "N passed, N failed".
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var passed, failed int

func check(ok bool, what string, args ...interface{}) {
	if ok {
		passed++
		return
	}
	failed++
	fmt.Printf("failed: "+what+"\n", args...)
}

func must(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func place(n int64, width int) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	if width < 256 {
		s += fmt.Sprintf(".p/%d", width)
	}
	return s
}

type store struct{ hashes []tlog.Hash }

func (s *store) ReadHashes(ix []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(ix))
	for i, x := range ix {
		out[i] = s.hashes[x]
	}
	return out, nil
}

func hashes(lines []string) tlog.RecordProof {
	var out tlog.RecordProof
	for _, l := range lines {
		if l == "" {
			break
		}
		raw, err := base64.StdEncoding.DecodeString(l)
		must(err)
		var h tlog.Hash
		copy(h[:], raw)
		out = append(out, h)
	}
	return out
}

func main() {
	dir := os.Args[1]
	verifier, err := note.NewVerifier(os.Args[2])
	must(err)
	raw, err := os.ReadFile(filepath.Join(dir, "export", "checkpoint"))
	must(err)
	n, err := note.Open(raw, note.VerifierList(verifier))
	check(err == nil, "checkpoint: %v", err)
	must(err)
	bad := bytes.Replace(raw, []byte("\n"), []byte("x\n"), 1)
	_, err = note.Open(bad, note.VerifierList(verifier))
	check(err != nil, "an altered checkpoint was accepted")
	lines := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	var root tlog.Hash
	rootRaw, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	copy(root[:], rootRaw)

	s, roots := &store{}, map[int64]tlog.Hash{}
	var entries [][]byte
	for b := int64(0); b*256 < size; b++ {
		width := 256
		if size-b*256 < 256 {
			width = int(size - b*256)
		}
		data, err := os.ReadFile(filepath.Join(dir, "export", "tile", "entries", place(b, width)))
		must(err)
		tile, err := os.ReadFile(filepath.Join(dir, "export", "tile", "0", place(b, width)))
		must(err)
		for i := 0; i < width; i++ {
			k := int(binary.BigEndian.Uint16(data))
			entry := data[2 : 2+k]
			data = data[2+k:]
			h := tlog.RecordHash(entry)
			check(bytes.Equal(h[:], tile[32*i:32*i+32]), "tile 0 at %d", b*256+int64(i))
			more, err := tlog.StoredHashes(int64(len(entries)), entry, s)
			must(err)
			s.hashes = append(s.hashes, more...)
			entries = append(entries, entry)
			roots[int64(len(entries))], err = tlog.TreeHash(int64(len(entries)), s)
			must(err)
		}
	}
	check(roots[size] == root, "root of %d entries", size)

	for level := 1; size>>(8*level) > 0; level++ {
		for first := int64(0); first < size>>(8*level); first += 256 {
			width := 256
			if size>>(8*level)-first < 256 {
				width = int(size>>(8*level) - first)
			}
			got, err := os.ReadFile(filepath.Join(dir, "export", "tile", strconv.Itoa(level), place(first/256, width)))
			must(err)
			want, err := tlog.ReadTileData(tlog.Tile{H: 8, L: level, N: first / 256, W: width}, s)
			must(err)
			check(bytes.Equal(got, want), "tile %d/%d", level, first/256)
		}
	}

	names, err := filepath.Glob(filepath.Join(dir, "receipt-*"))
	must(err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		must(err)
		entry, err := os.ReadFile(strings.Replace(name, "receipt-", "entry-", 1))
		must(err)
		l := strings.Split(string(text), "\n")
		check(l[0] == "c2sp.org/tlog-proof@v1" && strings.HasPrefix(l[1], "index "), "%s: head", name)
		index, err := strconv.ParseInt(l[1][6:], 10, 64)
		must(err)
		_, err = note.Open([]byte(string(text)[strings.Index(string(text), "\n\n")+2:]), note.VerifierList(verifier))
		check(err == nil, "%s: %v", name, err)
		p := hashes(l[2:])
		check(tlog.CheckRecord(p, size, root, index, tlog.RecordHash(entry)) == nil, "%s", name)
		check(bytes.Equal(entry, entries[index]), "%s: entry", name)
		for i := range p {
			p[i][i%32] ^= 1
			check(tlog.CheckRecord(p, size, root, index, tlog.RecordHash(entry)) != nil, "%s: altered at %d", name, i)
			p[i][i%32] ^= 1
		}
	}
	names, err = filepath.Glob(filepath.Join(dir, "consistency-*"))
	must(err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		must(err)
		old, err := strconv.ParseInt(name[strings.LastIndex(name, "-")+1:], 10, 64)
		must(err)
		p := tlog.TreeProof(hashes(strings.Split(string(text), "\n")))
		check(tlog.CheckTree(p, size, root, old, roots[old]) == nil, "%s", name)
		for i := range p {
			p[i][i%32] ^= 1
			check(tlog.CheckTree(p, size, root, old, roots[old]) != nil, "%s: altered at %d", name, i)
			p[i][i%32] ^= 1
		}
	}
	check(len(names) > 5, "only %d consistency proofs", len(names))
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
