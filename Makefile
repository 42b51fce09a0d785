# The verbs of the project; `make` alone lists them.

SHELL := /bin/bash
RTLGEN := .build/release/rtlgen
MODELS := Tests/Fixtures
DRIVER_REGISTERS := Sources/SetunDriver/include/setun_registers.h
# The suites that simulate whole models, and so take longest.
SLOW := SetunCoreTests|SetunSimulatorTests|SetunVerificationTests
CONFIGURATIONS := tiny wide
BOARDS := kv260 u250 d5005 u280
TOKENS := 48
# For `make bitstream`: the board, and the seeds that nextpnr tries until the clock is reached.
BOARD := ulx3s
SEEDS := 1,2,3
# Faults planted by `make mutants`.
SEED := 1
COUNT := 100

.DEFAULT_GOAL := help
.PHONY: help setup build test sim sim-all lint format rtl drift synth verify watchdog formal mutants modules fuzz bench bitstream docs comparison \
  import-check clean

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: ## install what is missing (Debian 12; Swift must be there)
	@Sim/setup.sh

build: ## build rtlgen
	@swift build -c release --product rtlgen

sim: setup build ## let the 1M model tell a story on the RTL, and compare it with the simulator
	@$(RTLGEN) compare --prompt "Once upon a time" --tokens $(TOKENS)

sim-all: setup build ## compare 1M and 5M model on every configuration with every memory model, with 1 and 4 streams
	@for config in $(CONFIGURATIONS) $(BOARDS); do \
	  for streams in 1 4; do for model in tales-1m tales-5m; do \
	    for memory in ideal random:1 ddr4 ddr4-shared:4 hbm2; do \
	      echo "compare $$model on $$config, $$streams streams, 8 tokens, $$memory memory"; \
	      $(RTLGEN) compare --model $(MODELS)/$$model --config $$config --streams $$streams --tokens 8 \
	        --memory $$memory --json || exit 1; \
	    done; done; done; \
	  echo "compare tales-1m on $$config, 4 streams on one sequence, 8 tokens, random memory"; \
	  $(RTLGEN) compare --model $(MODELS)/tales-1m --config $$config --streams 4 --one-sequence --tokens 8 \
	    --prompt "Once upon a time" --memory random:1 --json || exit 1; \
	done
	@for memory in on-chip random:1; do echo "compare tales-1m on ulx3s, 8 tokens, $$memory memory"; \
	  $(RTLGEN) compare --config ulx3s --tokens 8 --memory $$memory --json || exit 1; done

test: setup ## run every test and proof, then check the sources and RTL
	@swift build -c release --build-tests
	@swift test -c release --skip-build --skip '$(SLOW)'
	@$(MAKE) --no-print-directory formal
	@swift test -c release --skip-build --filter '$(SLOW)'
	@$(MAKE) --no-print-directory lint drift synth docs

lint: setup ## check format, and RTL with Verilator, Icarus, Yosys and slang
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests
	@Sim/lint.sh

format: ## format the Swift sources in place
	@swift format --in-place --recursive --parallel Package.swift Sources Tests

rtl: build ## emit the named configurations into RTL/, their constraints, and the driver's registers
	@$(RTLGEN)
	@$(RTLGEN) constraints
	@$(RTLGEN) registers --format c >$(DRIVER_REGISTERS)

drift: build ## RTL/, constraints and the driver's registers are what rtlgen emits, byte for byte
	@rm -rf .build/rtl .build/constraints && $(RTLGEN) emit --out .build/rtl >/dev/null
	@diff -r RTL .build/rtl && echo "RTL/ is up to date"
	@$(RTLGEN) constraints --out .build/constraints
	@for file in .build/constraints/*; do cmp "$$file" "Constraints/$${file##*/}" || exit 1; done
	@$(RTLGEN) registers --format c | cmp - $(DRIVER_REGISTERS) && echo "Constraints/ and the driver's registers are up to date"

synth: setup build ## what Yosys makes of tiny on an ECP5 has the sizes that Tests/Baselines/synth.json holds
	@$(RTLGEN) synth --baseline --config tiny --target ecp5

verify: setup build ## hold the core to its specification on CONFIGURATIONS: errors, stops, resets, illegal programs
	@for config in $(CONFIGURATIONS); do $(RTLGEN) verify --config $$config --seed $(or $(SEED),1) || exit 1; done

watchdog: setup build ## COUNT random programs with faults, stops and stalls on every port, from SEED
	@$(RTLGEN) verify --only watchdog --watchdog $(or $(COUNT),5000) --seed $(or $(SEED),1)

formal: setup build ## prove rules of streams, order, credit and bursts on emitted text, for ever
	@$(RTLGEN) formal

bench: setup build ## measure the README's table; cycles and ratios against Tests/Baselines/bench.json
	@$(RTLGEN) bench --check && $(RTLGEN) bench --check --config wide
	@$(RTLGEN) bench --check --model $(MODELS)/tales-5m
	@for model in tales-1m tales-5m; do for engine in reference simulator; do \
	  echo "evaluate $$model on $$engine"; \
	  $(RTLGEN) evaluate --model $(MODELS)/$$model --input $(MODELS)/$$model/golden.safetensors \
	    --tensor eval_ids --engine $$engine --json || exit 1; done; done
	@for config in $(CONFIGURATIONS); do for memory in ideal random:1 random:2 random:3; do \
	  echo "compare tales-1m on $$config, $(TOKENS) tokens, $$memory memory"; \
	  $(RTLGEN) compare --config $$config --tokens $(TOKENS) --memory $$memory --json || exit 1; done; done
	@for memory in ideal random:1; do echo "compare tales-5m on tiny, 8 tokens, $$memory memory"; \
	  $(RTLGEN) compare --model $(MODELS)/tales-5m --tokens 8 --memory $$memory --json || exit 1; done

mutants: setup build ## plant COUNT faults drawn with SEED in the RTL of tiny; at least 95 % must be noticed
	@$(RTLGEN) mutants --seed $(SEED) --count $(COUNT)

modules: setup build ## run COUNT random modules from SEED on the Swift simulator, Verilator, Icarus and Yosys
	@$(RTLGEN) modules --seed $(SEED) --count $(if $(filter file,$(origin COUNT)),200,$(COUNT))

fuzz: build ## give spoilt files to every loader for SECONDS, from SEED: no crash, no hang, no runaway allocation
	@$(RTLGEN) fuzz --seed $(SEED) --seconds $(or $(SECONDS),60)

bitstream: build ## put the 1M model and its core on the chip of BOARD, with Yosys and nextpnr
	@Sim/setup.sh boards
	@$(RTLGEN) bitstream --board $(BOARD) --seeds $(SEEDS) --out .build/boards/$(BOARD)

docs: ## build the documentation of the hardware description; a warning is an error
	@swift build -c release --product rtlgen
	@Sim/docs.sh

comparison: ## emit one pipeline with CIRCT and Amaranth too, simulate all three, count their lines
	@Sim/comparison/compare.sh $(SEED)

import-check: ## a package of its own imports the hardware description, by path and by git URL
	@Sim/import_check.sh

clean: ## remove everything built, cached models included
	@rm -rf .build
