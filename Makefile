# A thin face over meson. `make run` opens daicho on http://127.0.0.1:8080 with its data in ./data; `make test` runs everything that is checked.
.PHONY: run build test test-web bench mutate fuzz check clean

run: build
	exec build/daicho serve --data-dir data

build:
	tools/deps.sh
	test -f build/build.ninja || meson setup build -Dbuildtype=release
	ninja -C build

# The test build has sanitizers and a settable clock; its ledger has an origin that a release refuses. What `make run` builds is built first: its optimiser
# warns of what the test build does not see.
test: build
	tools/deps.sh test
	test -f build-test/build.ninja || meson setup build-test -Db_sanitize=address,undefined -Dscene=true
	ninja -C build-test
	python3 tools/run_tests.py build-test

# The whole main job in a real browser, with axe-core from npm: its checks are counted as SKIPPED when npm is unreachable.
test-web:
	tools/deps.sh test
	tools/deps.sh web
	test -f build-test/build.ninja || meson setup build-test -Db_sanitize=address,undefined -Dscene=true
	ninja -C build-test daicho
	tests/e2e/run.py build-test/daicho build-test

# Speed against its budgets, beside the floors of this machine (docs/BENCH.md). SIZE=small (default; minutes) mid full, or people (five posts, the directory); ENGINE=sqlite postgres.
bench:
	tools/deps.sh bench
	test -f build-bench/build.ninja || meson setup build-bench -Dbuildtype=release
	ninja -C build-bench daicho tools/bench/bench_make tools/bench/bench_load tools/bench/bench_sync
	python3 tools/bench/bench.py --build build-bench --size $(or $(SIZE),small) --engine $(or $(ENGINE),sqlite)

# Each element that carries a duty is made ineffective, one at a time: a scene must notice (docs/TESTING.md). ONLY=text narrows.
mutate:
	tools/deps.sh test
	test -f build-mutate/build.ninja || meson setup build-mutate -Dbuildtype=release -Dscene=true
	ninja -C build-mutate daicho daicho-scene
	python3 tools/mutate.py build-mutate $(if $(ONLY),--only $(ONLY))

# libFuzzer over every parser, SECONDS each (60); new inputs gather in build-fuzz/found, a crash is written to the current folder: put it into
# tests/fuzz/corpus/NAME, whose files `make test` replays.
FUZZERS = head urlencoded multipart cookie url json csv acct when content cond yaml entry note
fuzz:
	tools/deps.sh test
	test -f build-fuzz/build.ninja || CC=clang meson setup build-fuzz -Db_sanitize=address,undefined -Dfuzz=true -Dwerror=false
	ninja -C build-fuzz $(FUZZERS:%=tests/fuzz/fuzz_%)
	for f in $(FUZZERS); do mkdir -p build-fuzz/found/$$f && build-fuzz/tests/fuzz/fuzz_$$f -max_total_time=$(or $(SECONDS),60) -print_final_stats=1 \
	  build-fuzz/found/$$f tests/fuzz/corpus/$$f || exit 1; done

# The rules of the house alone: a few seconds.
check:
	python3 tools/check_rooms.py
	python3 tools/check_src.py

clean:
	rm -rf build build-test build-bench build-mutate build-fuzz bench-out
